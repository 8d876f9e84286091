/**
 * TypeScript → the tree of JavaScript that ncc bundles. ncc itself cannot read what TypeScript 7 compiles, and the workspaces' `exports`
 * point at `.ts` files; so what actions are made of is emitted beside a copy of each `package.json` whose exports say `.js`.
 */
import { execFile } from 'node:child_process';
import { cp, glob, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

interface Workspace {
  /** Relative to the repository. */
  readonly folder: string;
  readonly name: string;
  readonly exports?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export interface Tree {
  /** `<folder>/actions/<name>/main.js`, `<folder>/packages/<package>/src/*.js`. */
  readonly folder: string;
  remove(): Promise<void>;
}

/**
 * The tree lies inside `node_modules`: other packages are found from there, by the same relative path wherever the checkout is, and
 * those paths decide the numbers that ncc gives to modules.
 *
 * @throws {Error} with what tsc said.
 */
export async function emitActions(root: string): Promise<Tree> {
  const cache = join(root, 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await realpath(await mkdtemp(join(cache, 'mip-actions-')));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const workspaces = await reachable(root);
    await compile(root, folder, workspaces);
    for (const workspace of workspaces) await place(root, folder, workspace);
    return { folder, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** `@mip/actions` and the workspaces that it depends on, however far. */
async function reachable(root: string): Promise<readonly Workspace[]> {
  const all = new Map<string, Workspace>();
  for await (const file of glob(['actions/package.json', 'packages/*/package.json'], { cwd: root })) {
    const manifest = JSON.parse(await readFile(join(root, file), 'utf8')) as Workspace;
    all.set(manifest.name, { ...manifest, folder: dirname(file) });
  }
  const found = new Map<string, Workspace>();
  const follow = (name: string): void => {
    const workspace = all.get(name);
    if (!workspace || found.has(name)) return;
    found.set(name, workspace);
    Object.keys(workspace.dependencies ?? {}).forEach(follow);
  };
  follow('@mip/actions');
  return [...found.values()];
}

/** Types were checked before; here they are only taken off. */
async function compile(root: string, folder: string, workspaces: readonly Workspace[]): Promise<void> {
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      ...{ noEmit: false, noCheck: true, noResolve: true, types: [], removeComments: true },
      ...{ rewriteRelativeImportExtensions: true, rootDir: root, outDir: folder },
    },
    include: ['actions/**/*.ts', ...workspaces.map((workspace) => `${workspace.folder}/src/**/*.ts`)].map((path) => join(root, path)),
    exclude: ['**/*.test.ts', '**/testing/**', 'actions/*/dist/**'].map((path) => join(root, path)),
  };
  const file = join(folder, 'tsconfig.json');
  await writeFile(file, JSON.stringify(config));
  try {
    await execute(join(root, 'node_modules/.bin/tsc'), ['-p', file], { cwd: root });
  } catch (error) {
    throw new Error(`tsc could not emit the actions:\n${(error as { stdout?: string }).stdout ?? error}`);
  }
}

/** What tsc leaves out: generated JavaScript, the manifest, and the link by which the others find the package. */
async function place(root: string, folder: string, { folder: workspace, name, exports }: Workspace): Promise<void> {
  for await (const file of glob(`${workspace}/src/**/*.{js,json}`, { cwd: root })) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await cp(join(root, file), join(folder, file));
  }
  await mkdir(join(folder, workspace), { recursive: true });
  const manifest = JSON.stringify({ name, type: 'module', exports }).replaceAll('.ts"', '.js"');
  await writeFile(join(folder, workspace, 'package.json'), manifest);
  const link = join(folder, 'node_modules', name);
  await mkdir(dirname(link), { recursive: true });
  await symlink(relative(dirname(link), join(folder, workspace)), link);
}
