import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
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

/** The truth: what Git lists in a new repository, with no rules but those of the tree. */
function asGitSeesThem(folder: string): readonly string[] {
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', env: { ...process.env, ...NO_CONFIG } });
  if (!existsSync(join(root, '.git'))) git('init', '-q');
  const listed = git('ls-files', '-coz', '--exclude-standard', '--', folder).split('\0').filter(Boolean);
  return listed
    .map((path) => Buffer.from(path))
    .sort(Buffer.compare)
    .map(String); // as the index is sorted: by bytes
}

const NO_CONFIG = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', XDG_CONFIG_HOME: '/nonexistent' };

const paths = async (folder: string) => (await treeFiles(root, [folder])).map(({ path }) => path);

/** Makes files by their paths. */
function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

describe('the files of a tree are those that Git lists', () => {
  it.each<[string, Record<string, string>, string[]]>([
    [
      'exceptions in nested files',
      { 'a/.gitignore': 'secret*\n!secret.txt\n/only', 'a/src/.gitignore': '!kept.o\n' },
      ['secret.x', 'secret.txt', 'only', 'src/only', 'src/kept.o'],
    ],
    ['capitals', { 'a/.gitignore': 'readme\nBuild\n' }, ['README', 'readme', 'x/build', 'x/Build']],
    ['a folder that a deeper file takes back', { '.gitignore': 'models/\n', 'a/.gitignore': '!models/\n' }, ['models/one', 'models/x/two']],
    ['a folder that the same file takes back', { 'a/.gitignore': 'dir\n!dir/\n' }, ['dir/one', 'x/dir/two', 'x/y/dir']],
    ['one folder of all', { '.gitignore': '/a/dir/*\n!/a/dir/keep/\n' }, ['dir/one', 'dir/keep/two', 'dir/keep/x/three', 'dir/other/four']],
    [
      'one folder of all, from a deeper file',
      { '.gitignore': 'dir/*\n', 'a/.gitignore': 'dir/*\n!dir/keep/\n' },
      ['dir/one', 'dir/keep/two'],
    ],
    ['all but one name', { 'a/.gitignore': '*\n!*/\n!*.py\n' }, ['one.py', 'one.c', 'x/two.py', 'x/two.c']],
    ['what cannot be taken back, because its folder is left out', { 'a/.gitignore': 'dir/\n!dir/keep\n' }, ['dir/keep', 'keep']],
    [
      'double stars',
      { 'a/.gitignore': '**/x/one\ny/**\nz/**/two\n!**/kept\n' },
      ['x/one', 'w/x/one', 'y/one', 'y/kept', 'y/v/kept', 'z/two', 'z/v/w/two'],
    ],
    ['a folder itself left out, then its file', { '.gitignore': 'a/\n', 'a/.gitignore': '!*\n' }, ['one', 'x/two']],
    ['a folder that is left out by a file above', { '.gitignore': '/*\n!/a\n/a/*\n!/a/x/\n' }, ['one', 'x/two']],
    ['slashes and spaces', { 'a/.gitignore': '/ \n   \nx/ \none\\ \ntwo  \n!\n' }, ['y/x/one', 'one ', 'two', 'two  ', 'three']],
    [
      'signs that mean something',
      { 'a/.gitignore': '\\#one\n\\!two\n#three\n!#four\n[ab].[!c]\nfi?e\n\\*\n' },
      ['#one', '!two', '#three', '#four', 'a.c', 'a.d', 'five', '*', 'six'],
    ],
    ['folders whose names are patterns', { 'a/[x]*!#/.gitignore': '/one\ntwo\n' }, ['[x]*!#/one', '[x]*!#/y/two', 'x/one', 'x!#/two']],
    ['line ends of Windows and a byte order mark', { 'a/.gitignore': '\uFEFFone\r\ntwo\r\n' }, ['one', 'two', 'three']],
    ['letters of more than one byte', { 'a/.gitignore': 'é?\nx??y\n' }, ['éa', 'éab', 'xéy', 'xeey']],
  ])('%s', async (_, rules, files) => {
    write(Object.fromEntries(files.map((path) => [`a/${path}`, path])));
    write(rules);
    expect(await paths('a')).toEqual(asGitSeesThem('a'));
  });

  it('rules that are a link, which Git does not follow', async () => {
    write({ 'a/rules': 'one\n', 'a/one': '' });
    symlinkSync('rules', join(root, 'a', '.gitignore'));
    expect(await paths('a')).toEqual(asGitSeesThem('a'));
  });

  it('whatever the rules and the tree', async () => {
    const name = fc.constantFrom('a', 'b', 'A', 'c.o', 'x y');
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    const segment = fc.constantFrom('a', 'b', 'c.o', '*', '**', '?', '*.o', '[ab]', '[!a]', 'x\\ y', 'A');
    const pattern = fc
      .tuple(
        fc.constantFrom('', '!'),
        fc.constantFrom('', '/'),
        fc.array(segment, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('', '/', ' '),
      )
      .map(([not, start, parts, end]) => not + start + parts.join('/') + end);
    const rules = fc.array(pattern, { maxLength: 5 }).map((lines) => lines.join('\n'));
    const folder = fc.constantFrom('', 'a/', 'a/a/', 'a/b/', 'a/a/b/');
    const tree = fc.record({
      files: fc.array(path, { minLength: 3, maxLength: 12 }),
      rules: fc.array(fc.tuple(folder, rules), { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(tree, async ({ files, rules }) => {
        for (const entry of readdirSync(root)) if (entry !== '.git') rmSync(join(root, entry), { recursive: true });
        writeWhereFree(['a/one', ...files.map((file) => `a/${file}`)]);
        for (const [folder, text] of rules) if (existsSync(join(root, folder))) writeWhereFree([`${folder}.gitignore`], text);
        expect(await paths('a')).toEqual(asGitSeesThem('a'));
      }),
      { seed: 20_261_124, numRuns: 150 },
    );
  });
});

/** Makes files, but none where a folder is, or below a file: what was written first stays. */
function writeWhereFree(files: readonly string[], text = ''): void {
  for (const path of files) {
    try {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), text);
    } catch (error) {
      if (!['EISDIR', 'EEXIST', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}
