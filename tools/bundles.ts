/** `actions/<name>/main.ts` → what belongs into `actions/<name>/dist`: byte for byte the same from run to run, wherever the checkout lies. */
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { access, mkdtemp, rm, stat } from 'node:fs/promises';
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
