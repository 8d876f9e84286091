/** Bundles that tests and benchmarks run: those that are committed where they are of today's sources, else made once of what they are made of. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, globSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pLimit from 'p-limit';
import { AT_ONCE, bundleActions } from './bundles.ts';
import { isOfSources } from './sources.ts';

const oneOfFew = pLimit(AT_ONCE);
const found = new Map<string, Promise<string>>();
const committed = new Map<string, string | undefined>();

/** @returns the folder that is to be `actions/<name>/dist`; nobody may write to it. It is looked for once in a process. */
export function cachedBundle(root: string, name: string): Promise<string> {
  const key = join(root, name);
  const known = found.get(key) ?? oneOfFew(async () => committedBundle(root, name) ?? (await find(root, name)));
  found.set(key, known);
  return known;
}

/** `actions/<name>/dist`, unless its sources have changed since. It is looked for once in a process. */
export function committedBundle(root: string, name: string): string | undefined {
  const dist = join(root, 'actions', name, 'dist');
  if (!committed.has(dist)) committed.set(dist, isOfSources(dist, root) ? dist : undefined);
  return committed.get(dist);
}

async function find(root: string, name: string): Promise<string> {
  const folder = await placeOf(root, name);
  if (!existsSync(folder)) await bundleActions(root, [name], ({ folder: made }) => keepBundle(root, name, made));
  return folder;
}

/** Takes in what was just made. */
export async function keepBundle(root: string, name: string, made: string): Promise<void> {
  const folder = await placeOf(root, name);
  if (existsSync(folder)) return;
  await forgetOld(dirname(folder));
  const own = join(dirname(folder), randomUUID());
  await cp(made, own, { recursive: true });
  // Who is not the first to have it made it in vain.
  await rename(own, folder).catch(() => rm(own, { recursive: true }));
}

const DAY = 86_400_000;

async function forgetOld(cache: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  for (const entry of await readdir(cache)) {
    const { mtimeMs } = await stat(join(cache, entry));
    if (Date.now() - mtimeMs > DAY) await rm(join(cache, entry), { recursive: true });
  }
}

async function placeOf(root: string, name: string): Promise<string> {
  return join(root, 'node_modules', '.cache', 'mip-bundles', `${name}-${await digestOf(root, name)}`);
}

const MADE_OF = ['package-lock.json', 'packages/*/package.json', 'packages/*/src/**/*.{ts,js,json}', 'tools/{bundle,licenses}*.ts'];
const TESTS = ['**/*.test.ts', '**/testing/**'];

/** Of all that may decide what a bundle is: to make its module and look at that takes twenty times as long. */
async function digestOf(root: string, name: string): Promise<string> {
  const hash = createHash('sha256');
  const own = ['actions/package.json', `actions/{shared,${name}}/*.ts`];
  for (const file of globSync([...MADE_OF, ...own], { cwd: root, exclude: TESTS }).sort()) {
    hash.update(`${file}\0`);
    hash.update(await readFile(join(root, file)));
  }
  return hash.digest('hex').slice(0, 16);
}
