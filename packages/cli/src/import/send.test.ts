import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotStored, readUids, type StowOutcome, type StowSource } from '@mip/image-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from './journal.ts';
import { ImportStopped, importFiles } from './send.ts';

const URL = 'http://127.0.0.1:1/dicomweb';

/** The least that has the three UIDs: explicit VR little endian. */
function dicom(instance: string): Buffer {
  const element = (group: number, element: number, value: string) => {
    const text = value.length % 2 ? `${value}\0` : value;
    const head = Buffer.alloc(8);
    head.writeUInt16LE(group, 0);
    head.writeUInt16LE(element, 2);
    head.write('UI', 4);
    head.writeUInt16LE(text.length, 6);
    return Buffer.concat([head, Buffer.from(text, 'latin1')]);
  };
  const syntax = element(0x0002, 0x0010, '1.2.840.10008.1.2.1');
  const length = Buffer.from('02000000554c0400', 'hex');
  const size = Buffer.alloc(4);
  size.writeUInt32LE(syntax.length);
  const uids = [
    element(0x0008, 0x0018, instance),
    element(0x0020, 0x000d, '1.2.3'),
    element(0x0020, 0x000e, '1.2.4'),
    element(0x0020, 0x0052, '1.2.5'),
  ];
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, size, syntax, ...uids]);
}

/** A store that keeps what it is sent, and fails as it is told to. */
class Store {
  readonly requests: (readonly string[])[] = [];
  faults: (() => unknown)[] = [];
  refuse = new Set<string>();

  async store(sources: readonly StowSource[]): Promise<readonly StowOutcome[]> {
    const fault = this.faults.shift()?.();
    if (fault) throw fault;
    const files = sources.map((source) => (source as { file: string }).file);
    this.requests.push(files);
    return Promise.all(files.map((file) => this.#outcome(readFileSync(file))));
  }

  async #outcome(bytes: Buffer): Promise<StowOutcome> {
    const uids = await readUids(bytes);
    const refused = new NotStored('other bytes are stored under its UID', { reason: 273, status: 202 });
    return this.refuse.has(uids.instance) ? { uids, refused } : { uids };
  }
}

let folder: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mip-import-'));
  store = new Store();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: Buffer): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const run = async (files: readonly string[], progress: (count: number) => void = () => undefined) =>
  importFiles(files, { store, journal: await Journal.open(folder, URL), progress: (done) => progress(done.length), pause: 1 });

describe('an import', () => {
  it('tells for each file what became of it, in their order', async () => {
    const files = [file('a', dicom('1.1')), file('b', Buffer.from('no image')), file('c', dicom('1.2'))];
    store.refuse.add('1.2');
    expect(await run(files)).toMatchObject([
      { file: files[0], uids: { instance: '1.1' } },
      { file: files[1], refused: 'it is not a DICOM file: it is too short' },
      { file: files[2], refused: 'other bytes are stored under its UID' },
    ]);
    expect(store.requests).toEqual([[files[0], files[2]]]);
  });

  it('sends two files of one UID in two requests, so that each has an answer of its own', async () => {
    const files = [file('a', dicom('1.1')), file('b', dicom('1.1')), file('c', dicom('1.2'))];
    await run(files);
    expect(store.requests).toEqual([[files[0]], [files[1], files[2]]]);
  });

  it('sends no more than 100 files at once, and tells how far it is', async () => {
    const files = Array.from({ length: 230 }, (_, index) => file(`f${index}`, dicom(`1.${index}`)));
    const seen: number[] = [];
    await run(files, (count) => seen.push(count));
    expect(store.requests.map((request) => request.length)).toEqual([100, 100, 30]);
    expect(seen.at(-1)).toBe(230);
  });

  it('goes on where it stopped: what was stored is not sent again, unless the file has changed', async () => {
    const files = Array.from({ length: 150 }, (_, index) => file(`f${index}`, dicom(`1.${index}`)));
    const gone = () => new TypeError('fetch failed');
    store.faults = [() => undefined, gone, gone, gone, gone, gone];
    const error = await run(files).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ImportStopped);
    expect((error as ImportStopped).done).toHaveLength(100);
    file('f3', dicom('1.777'));
    const outcome = await run(files);
    expect(store.requests.slice(1).flat().sort()).toEqual([files[3], ...files.slice(100)].sort());
    expect(outcome.filter((one) => 'already' in one)).toHaveLength(99);
  });

  it('tries again when the server is busy, and not when it refuses', async () => {
    const busy = () => new NotStored('busy', { status: 503 });
    store.faults = [busy, busy];
    expect(await run([file('a', dicom('1.1'))])).toMatchObject([{ uids: { instance: '1.1' } }]);
    store.faults = [() => new NotStored('the key is not known', { status: 401 })];
    await expect(run([file('b', dicom('1.2'))])).rejects.toThrow('the key is not known');
    expect(store.requests).toHaveLength(1);
  });

  it('does not take what was refused for stored', async () => {
    store.refuse.add('1.1');
    const files = [file('a', dicom('1.1'))];
    await run(files);
    store.refuse.clear();
    expect(await run(files)).toMatchObject([{ uids: { instance: '1.1' } }]);
    expect(store.requests).toHaveLength(2);
  });

  it('names a file that cannot be read, and sends the others', async () => {
    const files = [join(folder, 'gone'), file('a', dicom('1.1'))];
    expect(await run(files)).toMatchObject([{ refused: 'it cannot be read (ENOENT)' }, { uids: { instance: '1.1' } }]);
  });
});
