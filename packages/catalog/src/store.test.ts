import { execFileSync, fork } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blobHash, type CatalogChange, FolderStore, StoreConflict, StoreUnavailable } from './store.ts';

let root: string;
let store: FolderStore;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mip-store-'));
  mkdirSync(join(root, 'catalog/algorithms'), { recursive: true });
  store = new FolderStore(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const FILE = 'catalog/algorithms/seg.yaml';
const CONTRACT = 'catalog/releases/seg/1.0.0.yaml';
const change = (files: CatalogChange['files']): CatalogChange => ({ name: 'seg', files, title: 'Change seg', body: '' });
const propose = async (files: CatalogChange['files']) => store.propose(await store.open(), change(files));
const file = (path: string) => readFileSync(join(root, path), 'utf8');
const all = () =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ name }) => name)
    .sort();

describe('a hash', () => {
  it('is Git’s, of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(blobHash(text)).toBe(execFileSync('git', ['hash-object', '--stdin'], { input: text, encoding: 'utf8' }).trim());
      }),
      { numRuns: 10 },
    );
  });
});

describe('a change of a folder', () => {
  it('makes, changes and removes files, and leaves nothing else', async () => {
    expect(
      await propose([
        { path: CONTRACT, text: 'c\n', was: undefined },
        { path: FILE, text: 'a\n', was: undefined },
      ]),
    ).toEqual({
      state: 'written',
    });
    expect([file(FILE), file(CONTRACT)]).toEqual(['a\n', 'c\n']);
    await propose([{ path: FILE, text: 'b\n', was: blobHash('a\n') }]);
    expect(file(FILE)).toBe('b\n');
    expect(all()).toEqual(['1.0.0.yaml', 'seg.yaml']);
    await propose([{ path: FILE, text: null, was: blobHash('b\n') }]);
    expect(all()).toEqual(['1.0.0.yaml']);
  });

  it.each<[string, string | undefined, CatalogChange['files'][number]]>([
    ['has another content', 'x\n', { path: FILE, text: 'b\n', was: blobHash('a\n') }],
    ['is gone', undefined, { path: FILE, text: 'b\n', was: blobHash('a\n') }],
    ['is there by now', 'x\n', { path: FILE, text: 'b\n', was: undefined }],
    ['to be removed has another content', 'x\n', { path: FILE, text: null, was: blobHash('a\n') }],
  ])('is refused whole where a file %s', async (_, there, one) => {
    if (there !== undefined) writeFileSync(join(root, FILE), there);
    await expect(propose([{ path: CONTRACT, text: 'c\n', was: undefined }, one])).rejects.toThrow(StoreConflict);
    expect(all()).toEqual(there === undefined ? [] : ['seg.yaml']);
    if (there !== undefined) expect(file(FILE)).toBe(there);
  });

  it('that died in between is finished by the same call', async () => {
    mkdirSync(join(root, 'catalog/releases/seg'), { recursive: true });
    writeFileSync(join(root, CONTRACT), 'c\n'); // the first of two files
    const lock = join(root, 'catalog/algorithms/.seg.yaml.lock');
    writeFileSync(lock, '');
    utimesSync(lock, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000)); // its lock
    await propose([
      { path: CONTRACT, text: 'c\n', was: undefined },
      { path: FILE, text: 'a\n', was: undefined },
    ]);
    expect(file(FILE)).toBe('a\n');
    expect(all()).toEqual(['1.0.0.yaml', 'seg.yaml']);
  });

  it('never goes through a link', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'mip-outside-'));
    writeFileSync(join(outside, 'seg.yaml'), 'secret\n');
    symlinkSync(join(outside, 'seg.yaml'), join(root, FILE));
    expect(await (await store.open()).read(FILE)).toBeUndefined();
    symlinkSync(outside, join(root, 'catalog/releases'));
    await expect(
      propose([
        { path: CONTRACT, text: 'c\n', was: undefined },
        { path: 'catalog/algorithms/b.yaml', text: 'b', was: undefined },
      ]),
    ).rejects.toThrow(StoreUnavailable);
    expect([existsSync(join(outside, 'seg/1.0.0.yaml')), readFileSync(join(outside, 'seg.yaml'), 'utf8')]).toEqual([false, 'secret\n']);
    rmSync(outside, { recursive: true });
  });

  it('reads no text that is not UTF-8, and lists what is not hidden', async () => {
    writeFileSync(join(root, FILE), Buffer.from([0xff, 0xfe]));
    writeFileSync(join(root, 'catalog/algorithms/.hidden'), '');
    const snapshot = await store.open();
    expect(await snapshot.read(FILE)).toBeUndefined();
    expect(await snapshot.list('catalog/algorithms')).toEqual([{ name: 'seg.yaml', kind: 'file', size: 2 }]);
    expect(await snapshot.list('catalog')).toEqual([{ name: 'algorithms', kind: 'folder' }]);
    expect(await snapshot.list('nowhere')).toEqual([]);
  });
});

/** Reads, changes one field, writes; again where somebody else was faster. */
const WRITER = `
import { FolderStore, StoreConflict } from '${import.meta.dirname}/store.ts';
import { patchEntry } from '${import.meta.dirname}/patch.ts';
const [root, field, most] = process.argv.slice(2);
const store = new FolderStore(root, { deadMs: 200 });
for (let count = 1; count <= most; ) {
  const { text, hash } = await (await store.open()).read('${FILE}');
  const files = [{ path: '${FILE}', text: patchEntry(text, { [field]: count }), was: hash }];
  await store.propose(undefined, { name: 'seg', files, title: '', body: '' }).then(() => count++, (error) => {
    if (!(error instanceof StoreConflict)) throw error;
  });
}
`;

describe('several processes', () => {
  it('that change one file lose nothing, and nobody ever sees half of it', async () => {
    const script = join(root, 'writer.mjs');
    writeFileSync(script, WRITER);
    const long = `# ${'x'.repeat(100_000)}\n`;
    writeFileSync(join(root, FILE), `${long}a: 0\nb: 0\nc: 0\n`);
    const writers = ['a', 'b', 'c'].map((field) => new Promise((done) => fork(script, [root, field, '6']).once('exit', done)));
    let running = true;
    const reading = (async () => {
      for (; running; await new Promise((next) => setImmediate(next)))
        expect(file(FILE)).toMatch(/^# x{100000}\na: \d+\nb: \d+\nc: \d+\n$/);
    })();
    expect(await Promise.all(writers)).toEqual([0, 0, 0]);
    running = false;
    await reading;
    expect(file(FILE)).toBe(`${long}a: 6\nb: 6\nc: 6\n`);
  });

  it('that are killed leave a whole file, which the next one changes', async () => {
    const script = join(root, 'writer.mjs');
    writeFileSync(script, WRITER);
    const long = `# ${'x'.repeat(100_000)}\n`;
    writeFileSync(join(root, FILE), `${long}a: 0\n`);
    const last = () => Number(/^# x{100000}\na: (\d+)\n$/.exec(file(FILE))?.[1]);
    for (let kills = 0; kills < 4; kills++) {
      const before = last();
      const writer = fork(script, [root, 'a', '100000']);
      while (last() === before) await new Promise((next) => setTimeout(next, 1));
      const dead = new Promise((done) => writer.once('exit', done));
      writer.kill('SIGKILL');
      await dead;
      expect(last()).toBeGreaterThan(0);
      const next = new FolderStore(root, { deadMs: 200 });
      const found = await (await next.open()).read(FILE);
      await next.propose(await next.open(), change([{ path: FILE, text: `${long}a: 0\n`, was: found?.hash }]));
      expect(last()).toBe(0);
    }
  });
});
