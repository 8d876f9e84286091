/** Every file that pydicom ships, read as it streams by, beside what pydicom reads of it; and files that are damaged, or meant to do damage. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Span, StoredMetadata } from '../rows.ts';
import { readInstance } from '../testing/known-files.ts';
import { InstanceReader } from './instance-reader.ts';
import { TooLarge, UnreadableDicom } from './unreadable.ts';

const root = join(import.meta.dirname, '../../../..');
const packages = join(root, '.venv/lib');
const files = globSync('python3*/site-packages/{pydicom/data,pydicom_data}/**/*', { cwd: packages })
  .filter((file) => /(\.dcm|\/[^.]*)$/.test(file) && statSync(join(packages, file)).isFile())
  .sort();
const path = (name: string) => join(packages, files.find((file) => basename(file) === name) ?? name);
const bytesOf = (name: string) => readFileSync(path(name));

/** Files that pydicom reads and the store refuses; everything else has to be read. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'MR_truncated.dcm': /pixel data.* breaks off/,
  'rtplan_truncated.dcm': /breaks off/,
  'DICOMDIR-nooffset': /breaks off/,
  'meta_missing_tsyntax.dcm': /does not say its transfer syntax/,
  'SC_rgb_jpeg.dcm': /is not written in the transfer syntax that it names/,
};

interface Theirs {
  readonly path: string;
  readonly json?: Json;
  readonly frames?: readonly string[];
  readonly error?: string;
}
type Json = Record<string, { vr?: string; Value?: unknown[]; InlineBinary?: string; BulkDataURI?: string; error?: string }>;

const theirs = new Map<string, Theirs>();
beforeAll(() => {
  const script = join(import.meta.dirname, '../testing/pydicom_json.py');
  const input = files.map((file) => join(packages, file)).join('\n');
  const lines = execFileSync(join(root, '.venv/bin/python'), [script], { input, maxBuffer: 1 << 30, stdio: ['pipe', 'pipe', 'ignore'] });
  for (const line of lines.toString().trim().split('\n')) {
    const one = JSON.parse(line) as Theirs;
    theirs.set(one.path, one);
  }
});

async function read(bytes: Buffer, chunks: readonly number[] = [64 * 1024], pixels = false): Promise<StoredMetadata> {
  const reader = new InstanceReader();
  try {
    for (let at = 0, index = 0; at < bytes.length; index += 1) {
      const size = chunks[index % chunks.length] ?? 1;
      await reader.push(bytes.subarray(at, at + size));
      at += size;
    }
    await reader.end();
    if (pixels) reader.checkPixels();
    return reader.metadata;
  } finally {
    reader.destroy();
  }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** What pydicom's form and this store's have in common: padding of text gone, empty values null, bulk data by its bytes. */
function comparable(json: Json, bulk: (uri: string) => string, prefix = ''): Json {
  const entries = Object.entries(json).map(([tag, element]): [string, unknown] => {
    if (element.error !== undefined) return [tag, 'pydicom cannot tell'];
    if (tag === '00080005') return [tag, { vr: 'CS', Value: 'of the file' }];
    if (element.vr === 'SQ')
      return [tag, { vr: 'SQ', Value: (element.Value ?? []).map((item) => comparable(item as Json, bulk, `${prefix}${tag}/`)) }];
    if (element.BulkDataURI !== undefined) return [tag, tag === '7FE00010' ? 'pixels' : bulk(element.BulkDataURI)];
    if (element.Value === undefined) return [tag, element];
    const values = element.Value.map((value) => (typeof value === 'string' ? value.trimEnd() || null : value));
    return [tag, values.every((value) => value === null) ? { vr: element.vr } : { vr: element.vr, Value: values }];
  });
  return Object.fromEntries(entries) as Json;
}

describe.each(files)('%s', (file) => {
  it('is read as pydicom reads it, or refused with its reason', async () => {
    const bytes = readFileSync(join(packages, file));
    const { json, frames = [], error } = theirs.get(join(packages, file)) ?? { error: 'not asked' };
    const refused = REFUSED[basename(file)];
    if (refused || error !== undefined) {
      await expect(read(bytes)).rejects.toThrow(refused ?? UnreadableDicom);
      return;
    }
    const { dataset, bulk, pixels, deflated_from: from } = await read(bytes);
    const spread = from === undefined ? bytes : inflateRawSync(bytes.subarray(from));
    const slice = ([offset, length]: Span) => spread.subarray(offset, offset + length);
    const expected = comparable(json as Json, (digest) => digest);
    const found = comparable(dataset as Json, (uri) => sha256(slice(bulk[uri.replace('mip-bulk:', '')] ?? [0, 0])));
    for (const [tag, element] of Object.entries(expected)) if ((element as unknown) === 'pydicom cannot tell') found[tag] = element;
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    expect(found).toEqual(expected);
    if (frames.length > 0) expect((pixels?.frames ?? []).map((spans) => sha256(Buffer.concat(spans.map(slice))))).toEqual(frames);
    else if (json?.['7FE00010']?.BulkDataURI) expect(sha256(slice(pixels?.span ?? [0, 0]))).toBe(json['7FE00010'].BulkDataURI);
  });
});

const CT = 'CT_small.dcm';

/** The file with a text of the same length in another's place. */
function patched(name: string, from: string, to: string): Buffer {
  const bytes = Buffer.from(bytesOf(name));
  let found = 0;
  for (let at = bytes.indexOf(from, 0, 'latin1'); at !== -1; at = bytes.indexOf(from, at + 1, 'latin1')) {
    bytes.write(to.padEnd(from.length, '\0').slice(0, from.length), at, 'latin1');
    found += 1;
  }
  expect(found).toBeGreaterThan(0);
  return bytes;
}

const uidsOf = async (bytes: Buffer) => (await readInstance(bytes)).uids;

const STUDY = '1.3.6.1.4.1.5962.1.2.1.20040119072730.12322';

describe('UIDs', () => {
  it('are read', async () => {
    expect(await uidsOf(bytesOf(CT))).toEqual({
      study: STUDY,
      series: '1.3.6.1.4.1.5962.1.3.1.1.20040119072730.12322',
      instance: '1.3.6.1.4.1.5962.1.1.1.1.1.20040119072730.12322',
    });
  });

  it.each([
    ['hexadecimal', '1.3.6.1.4.1.5962.1.2.1.20040119072730.DEADB'],
    ['a path', '../../../../../../etc/passwd'],
    ['percent signs', '1.2.%2e%2e%2f'],
    ['empty', ''],
    ['a space inside', '1.2 .3'],
    ['a line break', '1.2\n.3'],
  ])('%s are refused', async (_name, uid) => {
    await expect(uidsOf(patched(CT, STUDY, uid))).rejects.toThrow(/has no valid study UID/);
  });

  it.each(['\0\0', '  ', ' \0'])('may be padded', async (padding) => {
    expect((await uidsOf(patched(CT, STUDY, STUDY.slice(0, -padding.length) + padding))).study).toBe(STUDY.slice(0, -padding.length));
  });
});

describe('what is no whole DICOM file is refused', () => {
  it.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /is empty/],
    ['a few bytes', Buffer.from('DICM'), /too short/],
    ['text', Buffer.alloc(1000, 'a'), /is not a DICOM file/],
    ['a preamble alone', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]), /ends before its data set/],
    ['no preamble', bytesOf(CT).subarray(132), /is not a DICOM file/],
    ['no file meta', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), bytesOf(CT).subarray(400)]), /transfer syntax|data set/],
    ['a deflated data set that is none', Buffer.concat([bytesOf('image_dfl.dcm').subarray(0, 400), Buffer.alloc(500, 0xff)]), /inflate/],
  ])('%s', async (_name, bytes, reason) => {
    await expect(read(bytes)).rejects.toThrow(reason);
  });

  it('every beginning of a file', async () => {
    for (const name of [CT, 'JPEG2000.dcm', 'image_dfl.dcm', 'test-SR.dcm', 'MR_small_bigendian.dcm']) {
      const bytes = bytesOf(name);
      const { pixels, deflated_from } = await read(bytes);
      // After native pixels, and after a deflated stream, only padding can be missing.
      const end = pixels ? pixels.span[0] + pixels.span[1] : bytes.length;
      const whole = deflated_from === undefined ? end : deflated_from + deflatedLength(bytes.subarray(deflated_from));
      await fc.assert(
        fc.asyncProperty(fc.nat({ max: whole - 1 }), async (length) => {
          const cut = await read(bytes.subarray(0, length), [64 * 1024], true).catch((error: Error) => error);
          // What is cut between two elements, before it says that it has pixels, is a shorter file.
          if (!(cut instanceof Error) && cut.pixels === undefined && cut.dataset['00280100'] === undefined) return;
          expect(cut, `${name} cut at ${length}`).toBeInstanceOf(UnreadableDicom);
        }),
        { numRuns: 40 },
      );
    }
  });

  it('sequences without a bottom', async () => {
    const level = Buffer.from([0x08, 0, 0x40, 0x11, 0x53, 0x51, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0, 0xe0, 0xff, 0xff, 0xff, 0xff]);
    const end = Buffer.from([0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
    const head = bytesOf(CT).subarray(0, startOfDataSet(bytesOf(CT)));
    for (const depth of [100, 20_000]) {
      const bytes = Buffer.concat([head, ...Array<Buffer>(depth).fill(level), ...Array<Buffer>(depth).fill(end)]);
      await expect(read(bytes)).rejects.toThrow(UnreadableDicom);
    }
  });

  it('text of more than 16 MiB, but not binaries', async () => {
    const head = bytesOf(CT).subarray(0, startOfDataSet(bytesOf(CT)));
    const element = (vr: string) => {
      const bytes = Buffer.alloc(12 + 17 * 1024 * 1024, 0x20);
      Buffer.from([0x42, 0, 0x11, 0, vr.charCodeAt(0), vr.charCodeAt(1), 0, 0]).copy(bytes);
      bytes.writeUInt32LE(bytes.length - 12, 8);
      return bytes;
    };
    await expect(read(Buffer.concat([head, element('UT')]))).rejects.toThrow(TooLarge);
    const { bulk } = await read(Buffer.concat([head, element('OB')]));
    expect(bulk).toEqual({ '00420011': [head.length + 12, 17 * 1024 * 1024] });
  });
});

/** Where a raw deflate stream says that it ends. */
function deflatedLength(bytes: Buffer): number {
  const { engine } = inflateRawSync(bytes, { info: true }) as unknown as { engine: { bytesWritten: number } };
  return engine.bytesWritten;
}

function startOfDataSet(bytes: Buffer): number {
  return 132 + 12 + bytes.readUInt32LE(140); // group length is the first element of the file meta
}

describe('whatever the chunks', () => {
  it.each(
    [CT, 'JPEG2000.dcm', 'image_dfl.dcm', 'test-SR.dcm', 'emri_small_jpeg_2k_lossless.dcm', 'UN_sequence.dcm'].filter((name) =>
      files.some((file) => basename(file) === name),
    ),
  )('%s reads the same', async (name) => {
    const bytes = bytesOf(name);
    const whole = await read(bytes, [bytes.length]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 5 }), async (chunks) => {
        expect(await read(bytes, chunks)).toEqual(whole);
      }),
      { numRuns: 15 },
    );
  });
});

describe('damage', () => {
  it('of any byte ends in a reading or a refusal', async () => {
    const names = [CT, 'JPEG2000.dcm', 'test-SR.dcm', 'MR_small_implicit.dcm', 'chrJapMulti.dcm', 'nested_priv_SQ.dcm'];
    for (const name of names) {
      const bytes = bytesOf(name);
      const damage = fc.array(fc.tuple(fc.nat({ max: Math.min(bytes.length, 6000) - 1 }), fc.integer({ min: 0, max: 255 })), {
        minLength: 1,
        maxLength: 8,
      });
      await fc.assert(
        fc.asyncProperty(damage, async (places) => {
          const copy = Buffer.from(bytes);
          for (const [at, value] of places) copy[at] = value;
          const result = await read(copy).catch((error: unknown) => error);
          if (result instanceof Error)
            expect(result instanceof UnreadableDicom || result instanceof TooLarge, String(result.stack)).toBe(true);
        }),
        { numRuns: 60 },
      );
    }
  });
});

it('a deflated file names bytes of its inflated data set', async () => {
  const bytes = bytesOf('image_dfl.dcm');
  const { deflated_from: from = 0, pixels } = await read(bytes);
  const inflated = inflateRawSync(bytes.subarray(from));
  expect(pixels?.span).toEqual([inflated.length - 512 * 512, 512 * 512]);
  const again = Buffer.concat([bytes.subarray(0, from), deflateRawSync(inflated, { level: 1 })]);
  expect((await read(again)).dataset).toEqual((await read(bytes)).dataset);
});
