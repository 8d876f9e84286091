/** docs/add-a-kind.md names the files that a new kind touches: each of them is there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/add-a-kind.md'), 'utf8');

/** In backticks or as a link: a path with a slash or an ending, without a part that stands for a name. */
function filesNamed(): readonly string[] {
  const spans = [...page.matchAll(/`([\w./-]+)`/g), ...page.matchAll(/\]\(([^)]+)\)/g)].map(([, path = '']) => path.replace(/^\.\.\//, ''));
  return [...new Set(spans.filter((path) => path.endsWith('.ts') || path.includes('/')))];
}

it('every file that the page about a new kind names is there', () => {
  const files = filesNamed();
  expect(files.length).toBeGreaterThan(12);
  const missing = files.filter((file) => !existsSync(join(root, file)) && !existsSync(join(root, 'packages/reconcile/src', file)));
  expect(missing).toEqual([]);
});
