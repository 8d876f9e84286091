/** Lies in `dist` and says what that was made of: `sha256sum --check actions/plan/dist/sources.sha256`. Packages have their lock file. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const SOURCES = 'sources.sha256';

/** @param files relative to the repository; only what lies in it, and is no package's, is listed. */
export function sumsOf(root: string, files: readonly string[]): string {
  const own = files.filter((file) => !file.startsWith('..') && !file.includes('node_modules/')).sort();
  return own.map((file) => `${sumOf(join(root, file))}  ${file}\n`).join('');
}

/** Whether the files are those of which `folder` was made. */
export function isOfSources(folder: string, root: string): boolean {
  const sums = join(folder, SOURCES);
  if (!existsSync(sums)) return false;
  return readFileSync(sums, 'utf8')
    .split('\n')
    .filter(Boolean)
    .every((line) => {
      const [sum, file = ''] = line.split('  ');
      return existsSync(join(root, file)) && sumOf(join(root, file)) === sum;
    });
}

function sumOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
