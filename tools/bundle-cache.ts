/** Bundles that tests and benchmarks run: made once of what they are made of. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, globSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { AT_ONCE, bundleActions } from './bundle-actions.ts';
import { bundleSource } from './bundle-sources.ts';

const oneOfFew = pLimit(AT_ONCE);
const found = new Map<string, Promise<string>>();

/** @returns the folder that is to be `actions/<name>/dist`; nobody may write to it. It is looked for once in a process. */
export function cachedBundle(root: string, name: string): Promise<string> {
  const key = join(root, name);
  const known = found.get(key) ?? oneOfFew(() => find(root, name));
  found.set(key, known);
  return known;
}

async function find(root: string, name: string): Promise<string> {
  const cache = join(root, 'node_modules', '.cache', 'mip-bundles');
  const folder = join(cache, `${name}-${await digestOf(root, name)}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const own = join(cache, randomUUID());
  await bundleActions(root, [name], ({ folder: made }) => cp(made, own, { recursive: true }));
  // Who is not the first to have it made it in vain.
  await rename(own, folder).catch(() => rm(own, { recursive: true }));
  return folder;
}

/** Of all that decides what a bundle is: its sources as one module, and what bundles them. */
async function digestOf(root: string, name: string): Promise<string> {
  const hash = createHash('sha256').update((await bundleSource(root, name)).code);
  for (const file of ['package-lock.json', ...globSync('tools/bundle*.ts', { cwd: root }).sort()])
    hash.update(await readFile(join(root, file)));
  return hash.digest('hex').slice(0, 16);
}
