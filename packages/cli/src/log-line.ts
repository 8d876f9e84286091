/** One event of a log as a line for people. Pure; what a log says is made printable. */
import { printable } from '@mip/catalog/printable';
import type { LogEvent } from './log-events.ts';

/** `2026-01-01T10:00:00.000Z window-level info job-started job_key=…`; what is no JSON object as it is. */
export function lineOf({ at, group, stream, message }: LogEvent): string {
  const source = group.startsWith('/ecs/') ? (stream.split('/')[0] ?? stream) : (group.split('/').at(-1) ?? group);
  return printable(`${new Date(at).toISOString()} ${source} ${wordsOf(message.trim())}`);
}

function wordsOf(message: string): string {
  const { time: _, level, event, message: said, ...fields } = objectIn(message) ?? {};
  if (level === undefined) return message;
  const values = Object.entries(fields).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [level, event ?? said, ...values].filter((word) => word !== undefined).join(' ');
}

function objectIn(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
