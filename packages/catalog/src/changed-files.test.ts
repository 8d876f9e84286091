import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changedFiles } from './changed-files.ts';
import { treeHash } from './tree-hash.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mip-changed-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const KINDS = ['one', 'two', 'executable', 'link'] as const;
type Tree = Readonly<Record<string, (typeof KINDS)[number]>>;

function make(root: string, tree: Tree): string {
  const folder = join(home, root);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'a'), { recursive: true });
  writeFileSync(join(folder, '.gitignore'), '*.o\n');
  for (const [path, kind] of Object.entries(tree)) {
    const file = join(folder, 'a', path);
    mkdirSync(dirname(file), { recursive: true });
    if (kind === 'link') symlinkSync('one', file);
    else writeFileSync(file, kind === 'two' ? 'two' : 'one');
    if (kind === 'executable') chmodSync(file, 0o755);
  }
  return folder;
}

const tree = fc.dictionary(fc.constantFrom('f', 'g', 'x/f', 'x/y/g', 'h.o'), fc.constantFrom(...KINDS)) as fc.Arbitrary<Tree>;

describe('the files that changed', () => {
  it('are those that differ in content, mode or kind, without what Git ignores; none exactly where the tree hash is the same', async () => {
    await fc.assert(
      fc.asyncProperty(tree, tree, async (before, after) => {
        const [old, now] = [make('old', before), make('new', after)];
        const expected = ['f', 'g', 'x/f', 'x/y/g'].filter((path) => before[path] !== after[path]).map((path) => `a/${path}`);
        const changed = await changedFiles(old, now, 'a');
        expect(changed).toEqual(expected.sort());
        expect((await treeHash(old, ['a'])) === (await treeHash(now, ['a']))).toBe(changed.length === 0);
      }),
      { numRuns: 60 },
    );
  });

  it('are all of a folder that was not there, and none where there is none', async () => {
    const [old, now] = [make('old', {}), make('new', { f: 'one' })];
    rmSync(join(old, 'a'), { recursive: true });
    expect(await changedFiles(old, now, 'a')).toEqual(['a/f']);
    expect(await changedFiles(now, old, 'a')).toEqual(['a/f']);
    expect(await changedFiles(old, now, 'b')).toEqual([]);
  });
});
