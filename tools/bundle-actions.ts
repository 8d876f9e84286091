/**
 * Writes `actions/<name>/dist`, which is what GitHub runs: it installs nothing. With `--check` nothing is written; it fails when what is
 * committed is not what the sources make. `npx node tools/bundle-actions.ts [--check] [NAME…]`
 */
import { globSync } from 'node:fs';
import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { keepBundle } from './bundle-cache.ts';
import { actionNames, bundleActions } from './bundles.ts';

/** How a committed folder differs from what was made, a sentence for each file. */
export async function differences(made: string, committed: string): Promise<string[]> {
  const read = (path: string) => readFile(path).catch(() => undefined);
  const files = [...new Set([made, committed].flatMap((cwd) => globSync('**/*.*', { cwd })))].sort();
  const found = await Promise.all(
    files.map(async (file) => {
      const [wanted, present] = await Promise.all([read(join(made, file)), read(join(committed, file))]);
      if (!wanted) return `${file} does not belong there`;
      if (!present) return `${file} is missing`;
      return wanted.equals(present) ? [] : `${file} is not what the sources make`;
    }),
  );
  return found.flat();
}

/** What `dist` should be takes the place of what it is. */
export async function replace(dist: string, made: string): Promise<void> {
  await rm(dist, { recursive: true, force: true });
  await cp(made, dist, { recursive: true });
}

async function main(args: readonly string[]): Promise<void> {
  const root = join(import.meta.dirname, '..');
  const named = args.filter((argument) => !argument.startsWith('--'));
  const wrong: string[] = [];
  await bundleActions(root, named.length ? named : actionNames(root), async ({ name, folder, size }) => {
    const dist = join(root, 'actions', name, 'dist');
    await keepBundle(root, name, folder); // the tests of this run need not make it again
    console.log(`${name.padEnd(10)} ${(size / 1e6).toFixed(2)} MB`);
    if (args.includes('--check')) wrong.push(...(await differences(folder, dist)).map((sentence) => `actions/${name}/dist/${sentence}`));
    else await replace(dist, folder);
  });
  if (!wrong.length) return;
  console.error(`${wrong.sort().join('\n')}\nRun npx node tools/bundle-actions.ts and commit what it writes.`);
  process.exitCode = 1;
}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
