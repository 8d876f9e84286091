/** Where a page ended, as a text that clients hand back and need not understand. It never names whose rows they are. */
import { Problem } from '../middleware/problem.ts';
import type { Parameter } from './route-schema.ts';

const MOST = 256;

export const CURSOR: Parameter = {
  description: 'Where the page before ended: its `next`. The other parameters have to be the same.',
  schema: { type: 'string', pattern: `^[A-Za-z0-9_-]{1,${MOST}}$` },
};

export const LIMIT = (what: string): Parameter => ({
  description: `The most ${what} of a page.`,
  schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
});

export function writeCursor(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** @throws {Problem} 400 where it is not what `writeCursor` writes of parts of these patterns. */
export function readCursor(cursor: string, patterns: readonly RegExp[]): readonly string[] {
  const parts = parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  const fits = Array.isArray(parts) && parts.length === patterns.length && patterns.every((one, index) => matches(one, parts[index]));
  if (!fits) throw new Problem(400, 'This cursor is none of ours: hand back the next of the page before, as it came.');
  return parts;
}

function matches(pattern: RegExp, part: unknown): boolean {
  return typeof part === 'string' && pattern.test(part);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
