import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { treeFiles, treeHash } from './tree-hash.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mip-tree-'));
  mkdirSync(join(root, 'a', 'src'), { recursive: true });
  writeFileSync(join(root, '.gitignore'), '*.o\nbuild/\n');
  writeFileSync(join(root, 'a', 'one.py'), 'one');
  writeFileSync(join(root, 'a', 'src', 'main.c'), 'main');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const hash = () => treeHash(root, ['a']);

describe('the tree hash', () => {
  it('stays when what Git ignores comes and goes', async () => {
    const before = await hash();
    mkdirSync(join(root, 'a', 'build'));
    writeFileSync(join(root, 'a', 'build', 'lib.so'), 'x');
    writeFileSync(join(root, 'a', 'src', 'main.o'), 'x');
    expect(await hash()).toBe(before);
  });

  it.each<[string, () => void]>([
    ['a content', () => writeFileSync(join(root, 'a', 'one.py'), 'two')],
    ['a mode', () => chmodSync(join(root, 'a', 'one.py'), 0o755)],
    ['a path', () => renameSync(join(root, 'a', 'one.py'), join(root, 'a', 'two.py'))],
    ['a file more', () => writeFileSync(join(root, 'a', 'empty'), '')],
    ['a link', () => symlinkSync('one.py', join(root, 'a', 'link'))],
    ['the border between two files', () => writeFileSync(join(root, 'a', 'one.py'), 'on')],
  ])('changes with %s', async (_, change) => {
    const before = await hash();
    change();
    expect(await hash()).not.toBe(before);
  });

  it('is refused for a folder that is not there', async () => {
    await expect(treeHash(root, ['nothing'])).rejects.toThrow(/nothing/);
  });
});

describe('the files of a tree', () => {
  const git = (...args: string[]) => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' });
  const asGitSeesThem = () => git('ls-files', '-co', '--exclude-standard', 'a').trim().split('\n').sort();

  it('are those that Git lists, nested ignores and exceptions included', async () => {
    git('init', '-q');
    writeFileSync(join(root, 'a', '.gitignore'), 'secret*\n!secret.txt\n/only-here\n');
    for (const name of ['secret.bin', 'secret.txt', 'only-here', 'src/only-here', 'src/kept.o']) writeFileSync(join(root, 'a', name), name);
    writeFileSync(join(root, 'a', 'src', '.gitignore'), '!kept.o\n');
    expect((await treeFiles(root, ['a'])).map(({ path }) => path)).toEqual(asGitSeesThem());
  });
});
