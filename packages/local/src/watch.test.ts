import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileChange, type FolderWatch, watchFolder } from './watch.ts';

let folder: string;
let watching: FolderWatch;
let seen: FileChange[];
const notes: string[] = [];
const write = (file: string, text = 'x') => writeFileSync(join(folder, file), text);

beforeEach(async () => {
  // Below a hidden folder: what counts as hidden is what lies in the catalog.
  folder = join(mkdtempSync(join(tmpdir(), 'mip-watch-')), '.hidden', 'catalog');
  mkdirSync(join(folder, 'algorithms'), { recursive: true });
  for (const name of ['a', 'b']) write(`algorithms/${name}.yaml`);
  seen = [];
  watching = await watchFolder({ folder, changed: (change) => seen.push(change), note: (line) => notes.push(line) });
});
afterEach(async () => {
  await watching.stop();
  rmSync(join(folder, '..', '..'), { recursive: true, force: true });
  expect(notes).toEqual([]);
});

/** What was told last of each file, once all of them were. */
async function told(...files: readonly string[]): Promise<Record<string, boolean>> {
  await expect.poll(() => files.filter((file) => !seen.some(({ path }) => path === file)), { timeout: 20_000 }).toEqual([]);
  return Object.fromEntries(seen.map(({ path, gone }) => [path, gone]));
}

describe('a folder that is watched', () => {
  it('tells what is written, made, deleted and renamed', async () => {
    write('algorithms/a.yaml', 'changed');
    write('algorithms/c.yaml');
    rmSync(join(folder, 'algorithms/b.yaml'));
    const files = ['algorithms/a.yaml', 'algorithms/b.yaml', 'algorithms/c.yaml'];
    expect(await told(...files)).toMatchObject({ 'algorithms/a.yaml': false, 'algorithms/b.yaml': true, 'algorithms/c.yaml': false });
  });

  it('tells of an editor that saves by renaming that the file changed, and nothing of its own files', async () => {
    write('algorithms/.a.yaml.swp');
    write('algorithms/.session');
    write('algorithms/.a.yaml.new', 'changed');
    renameSync(join(folder, 'algorithms/.a.yaml.new'), join(folder, 'algorithms/a.yaml'));
    await told('algorithms/a.yaml');
    write('algorithms/after.yaml');
    expect(await told('algorithms/after.yaml')).toEqual({ 'algorithms/a.yaml': false, 'algorithms/after.yaml': false });
  });

  it('tells when the whole folder goes and comes back, and what changes after', async () => {
    renameSync(folder, `${folder}-away`);
    await told('algorithms/a.yaml');
    renameSync(`${folder}-away`, folder);
    await expect.poll(() => seen.filter(({ path }) => path === 'algorithms/a.yaml').at(-1)?.gone).toBe(false);
    write('algorithms/later.yaml');
    await told('algorithms/later.yaml');
  });

  it('does not follow a link out of it', async () => {
    const elsewhere = join(folder, '..', 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(folder, 'algorithms/out'));
    await told('algorithms/out');
    writeFileSync(join(elsewhere, 'file.yaml'), 'x');
    write('algorithms/after.yaml');
    expect(Object.keys(await told('algorithms/after.yaml'))).not.toContain('algorithms/out/file.yaml');
  });

  // Written at one go they are more than the kernel queues (16,384 events here): some would not be told, and whoever is told reads it all.
  it('tells of ten thousand files at once', async () => {
    const files = Array.from({ length: 10_000 }, (_, at) => `algorithms/many-${at}.yaml`);
    for (const [at, file] of files.entries()) {
      write(file);
      if (at % 500 === 0) await new Promise(setImmediate);
    }
    await expect.poll(() => new Set(seen.map(({ path }) => path)).size, { timeout: 20_000 }).toBe(files.length);
  });
});
