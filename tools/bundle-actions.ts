/**
 * `actions/<name>/main.ts` → `actions/<name>/dist`, which is what GitHub runs: it installs nothing. Byte for byte the same from run to run,
 * wherever the checkout lies. With `--check` nothing is written; it fails when what is committed is not what the sources make.
 * `npx node tools/bundle-actions.ts [--check] [NAME…]`
 */
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { access, cp, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pLimit from 'p-limit';

const execute = promisify(execFile);
/** ncc takes a core each. */
export const AT_ONCE = 2;

export interface Bundle {
  readonly name: string;
  /** What belongs into `dist`; it is gone once it was used. */
  readonly folder: string;
  /** Bytes of JavaScript. */
  readonly size: number;
}

/** The actions of a repository: the folders that hold an `action.yml`. */
export function actionNames(root: string): readonly string[] {
  const files = globSync('actions/*/action.yml', { cwd: root });
  return files.map((file) => basename(dirname(file))).sort();
}

/**
 * Bundles the named actions into temporary folders and hands each to `use`.
 *
 * @throws {Error} where one has no `main.ts`, cannot be bundled, or carries a package twice.
 */
export async function bundleActions(root: string, names: readonly string[], use: (bundle: Bundle) => Promise<void>): Promise<void> {
  await Promise.all(names.map((name) => holdsSource(root, name)));
  const scratch = await mkdtemp(join(tmpdir(), 'mip-bundles-'));
  const oneOfFew = pLimit(AT_ONCE);
  try {
    const done = await Promise.allSettled(names.map((name) => oneOfFew(async () => use(await bundle(root, name, join(scratch, name))))));
    for (const one of done) if (one.status === 'rejected') throw one.reason;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function holdsSource(root: string, name: string): Promise<void> {
  await access(join(root, 'actions', name, 'main.ts')).catch(() => {
    throw new Error(`actions/${name}/main.ts is missing: an action is a folder with action.yml and main.ts`);
  });
}

async function bundle(root: string, name: string, folder: string): Promise<Bundle> {
  const run = execute(process.execPath, [join(import.meta.dirname, 'bundle-one.ts'), name, folder], { cwd: root });
  await run.catch((error: { stderr?: string }) => {
    throw new Error(`actions/${name} cannot be bundled: ${error.stderr || error}`);
  });
  return { name, folder, size: (await stat(join(folder, 'index.js'))).size };
}

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
