/** WADO-RS and QIDO-RS over an emulator: statuses, bad input, and what a client sees when S3 or DynamoDB fails. */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { FaultProxy, on, THROTTLED } from '../../../tests/faults/proxy.ts';
import { readUids } from './header.ts';
import { StowClient } from './stow-client.ts';
import { BreakingProxy } from './testing/breaking-proxy.ts';
import { EmulatedPlace } from './testing/emulated.ts';
import { knownFile } from './testing/known-files.ts';
import { slice } from './testing/slices.ts';

const BIG_BYTES = 6 * 1024 * 1024;
const SMALL = Array.from({ length: 6 }, (_, index) => slice({ study: 1, series: 1, instance: index + 1, pixels: 200_000 }));
const BIG = Array.from({ length: 3 }, (_, index) => slice({ study: 2, series: 1, instance: index + 101, pixels: BIG_BYTES }));
const RLE = readFileSync(knownFile('emri_small_RLE.dcm'));
const VIDEO = asVideo(readFileSync(knownFile('MR_small_RLE.dcm')));

let emulator: TestEmulator;
let place: EmulatedPlace;
let breaking: BreakingProxy;
let faults: FaultProxy;
let url: string;
let breakable: string;
let faulty: string;

beforeAll(async () => {
  emulator = await openEmulator();
  place = await EmulatedPlace.make(emulator.connection);
  breaking = new BreakingProxy(emulator.connection.endpoint);
  faults = await FaultProxy.open(emulator.connection.endpoint);
  [url, breakable, faulty] = [
    await place.serve(),
    await place.serve({ endpoint: await breaking.open() }),
    await place.serve({ endpoint: faults.endpoint }),
  ];
  const outcomes = await new StowClient({ url, key: place.key }).store([...SMALL, ...BIG, RLE, VIDEO]);
  expect(outcomes.map(({ refused }) => refused?.message)).toEqual(outcomes.map(() => undefined));
});
afterAll(async () => {
  await place.close();
  await Promise.all([breaking.close(), faults.close()]);
  await emulator.stop();
});
beforeEach(() => {
  breaking.restart();
  faults.restart();
});

const get = (path: string, accept?: string, base = url) =>
  fetch(base + path, { headers: { 'x-api-key': place.key, ...(accept !== undefined && { accept }) } });

const pathOf = async (file: Uint8Array) => {
  const { study, series, instance } = await readUids(file);
  return {
    study: `/studies/${study}`,
    series: `/studies/${study}/series/${series}`,
    instance: `/studies/${study}/series/${series}/instances/${instance}`,
  };
};
type Paths = Awaited<ReturnType<typeof pathOf>>;
const PATHS = await Promise.all([SMALL[0], BIG[0], RLE, VIDEO].map((file) => pathOf(file as Buffer)));
const [ONE, LARGE, FRAMES, CLIP] = PATHS as [Paths, Paths, Paths, Paths];

/** RLE under the name of a video: kept and returned, but not decoded. */
function asVideo(file: Buffer): Buffer {
  const [rle, video] = ['1.2.840.10008.1.2.5', '1.2.840.10008.1.2.4.102'];
  const at = file.indexOf(rle, 0, 'latin1');
  const padded = (uid: string) => Buffer.from(uid.length % 2 ? `${uid}\0` : uid, 'latin1');
  const length = Buffer.alloc(2);
  length.writeUInt16LE(padded(video).length);
  const grown = Buffer.concat([file.subarray(0, at - 2), length, padded(video), file.subarray(at + padded(rle).length)]);
  grown.writeUInt32LE(grown.readUInt32LE(140) + padded(video).length - padded(rle).length, 140);
  return Buffer.from(grown.toString('latin1').replaceAll('.20040119072730.', '.20040119072731.'), 'latin1');
}

/** Parts by their headers' end and the boundary; for bodies of which the test knows that they hold neither. */
function partsOf(type: string, body: Buffer): readonly { readonly head: string; readonly body: Buffer }[] {
  const boundary = `--${/boundary=([^;]+)/.exec(type)?.[1]}`;
  const parts: { head: string; body: Buffer }[] = [];
  for (let at = 0; ; ) {
    const next = body.indexOf(boundary, at + boundary.length, 'latin1');
    if (next < 0) return body.toString('latin1', at) === `${boundary}--\r\n` ? parts : [];
    const part = body.subarray(at + boundary.length + 2, next - 2);
    const end = part.indexOf('\r\n\r\n');
    parts.push({ head: part.toString('latin1', 0, end), body: part.subarray(end + 4) });
    at = next;
  }
}

async function partsAt(path: string, accept?: string, base = url) {
  const answer = await get(path, accept, base);
  expect({ path, status: answer.status }).toEqual({ path, status: 200 });
  return partsOf(answer.headers.get('content-type') ?? '', Buffer.from(await answer.arrayBuffer()));
}

describe('what is retrieved', () => {
  it('is every instance of a series or a study, byte for byte, with its URL', async () => {
    const urls = (await Promise.all(SMALL.map(pathOf))).map(({ instance }) => url + instance);
    for (const path of [ONE.series, ONE.study]) {
      const parts = await partsAt(path, 'multipart/related; type="application/dicom"; transfer-syntax=*');
      const locations = parts.map(({ head }) => /Content-Location: (.*)/.exec(head)?.[1]);
      expect(new Set(locations)).toEqual(new Set(urls));
      for (const file of SMALL) expect(parts.some(({ body }) => body.equals(file))).toBe(true);
    }
    const parts = await partsAt(LARGE.study);
    expect(parts.map(({ body }) => body.length)).toEqual(BIG.map(({ length }) => length));
    expect(parts[0]?.head).toContain('Content-Type: application/dicom; transfer-syntax=1.2.840.10008.1.2.1');
  });

  it('is one instance as a file of its own where the client wants that', async () => {
    for (const [path, file] of [
      [ONE, SMALL[0]],
      [LARGE, BIG[0]],
    ] as const) {
      const answer = await get(path.instance, 'application/dicom');
      expect(answer.headers.get('content-type')).toBe('application/dicom; transfer-syntax=1.2.840.10008.1.2.1');
      expect(Buffer.from(await answer.arrayBuffer()).equals(file as Buffer)).toBe(true);
    }
  });

  it('has metadata at three levels, whose URLs lead to the bytes', async () => {
    const [instance] = (await (await get(`${ONE.instance}/metadata`)).json()) as [Record<string, { BulkDataURI: string }>];
    const series = (await (await get(`${ONE.series}/metadata`)).json()) as unknown[];
    const study = (await (await get(`${ONE.study}/metadata`)).json()) as unknown[];
    expect([series.length, study.length]).toEqual([6, 6]);
    expect(series).toContainEqual(instance);
    const uri = instance['7FE00010']?.BulkDataURI ?? '';
    expect(uri).toBe(`${url}${ONE.instance}/bulkdata/7FE00010`);
    const [part] = await partsAt(uri.slice(url.length));
    // One frame: what lies behind it belongs to none.
    expect(part?.body.equals((SMALL[0] as Buffer).subarray(-200_000).subarray(0, 128 * 128 * 2))).toBe(true);
  });

  it('has frames in the order asked for', async () => {
    const stored = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
    const parts = await partsAt(`${FRAMES.instance}/frames/3,1`);
    expect(parts.map(({ head }) => /frames\/(\d+)/.exec(head)?.[1])).toEqual(['3', '1']);
    expect(parts.map(({ body }) => body.length)).toEqual([64 * 64 * 2, 64 * 64 * 2]);
    expect((await partsAt(`${FRAMES.instance}/frames/1`, stored))[0]?.head).toContain('transfer-syntax=1.2.840.10008.1.2.5');
    expect((await partsAt(`${FRAMES.instance}/bulkdata/7FE00010`)).length).toBe(10);
  });
});

const NOWHERE = '/studies/1.2.3';
const JPEG2000 = 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.90';

describe('statuses', () => {
  const TABLE: readonly (readonly [status: number, path: () => string, accept?: string])[] = [
    [404, () => NOWHERE],
    [404, () => `${NOWHERE}/metadata`],
    [404, () => `${ONE.study}/series/1.2.3`],
    [404, () => `${ONE.study}/series/1.2.3/metadata`],
    [404, () => `${ONE.series}/instances/1.2.3`],
    [404, () => `${ONE.series}/instances/1.2.3/metadata`],
    [404, () => `${ONE.series}/instances/1.2.3/frames/1`],
    [404, () => `${ONE.series}/instances/1.2.3/rendered`],
    [404, () => `${ONE.instance}/frames/2`],
    [404, () => `${ONE.instance}/frames/1,2`],
    [404, () => `${ONE.instance}/frames/2/rendered`],
    [404, () => `${ONE.instance}/bulkdata/00420011`],
    [404, () => `${ONE.study}/nothing`],
    [400, () => `${ONE.instance}/frames/0`],
    [400, () => `${ONE.instance}/frames/-1`],
    [400, () => `${ONE.instance}/frames/1,`],
    [400, () => `${ONE.instance}/frames/all`],
    [400, () => `${ONE.instance}/frames/1,1/rendered`],
    [400, () => `${ONE.instance}/bulkdata/..%2f..%2fx`],
    [400, () => `${ONE.instance}/rendered?window=40`],
    [400, () => `${ONE.instance}/rendered?window=40,0,linear`],
    [400, () => `${ONE.instance}/rendered?window=40,400,cubic`],
    [400, () => `${ONE.instance}/rendered?viewport=100,100,0,0`],
    [400, () => `${ONE.instance}/rendered?viewport=99999,1`],
    [400, () => `${ONE.instance}/rendered?quality=0`],
    [400, () => `${ONE.instance}/rendered?annotation=patient`],
    [400, () => `${ONE.instance}?unknown=1`],
    [400, () => '/studies/0x1A'],
    [400, () => '/studies/1.2.3%00'],
    [400, () => '/studies/%2e%2e%2f%2e%2e%2fetc'],
    [400, () => '/studies/..%2f..%2finstances'],
    [400, () => `/studies/${'1'.repeat(65)}`],
    [400, () => '/studies/1.2.3/series/%252e%252e'],
    [400, () => '/studies/%zz'],
    [400, () => '/studies?PatientNam=x'],
    [400, () => '/studies?limit=many'],
    [400, () => `${ONE.study}/series?Rows=1`],
    [406, () => ONE.study, 'application/dicom'],
    [406, () => ONE.study, 'text/html'],
    [406, () => ONE.instance, JPEG2000],
    [406, () => `${ONE.instance}/metadata`, 'multipart/related; type="application/dicom+xml"'],
    [406, () => `${ONE.instance}/frames/1`, 'multipart/related; type="image/jpeg"'],
    [406, () => `${ONE.instance}/rendered`, 'image/gif'],
    [406, () => '/studies', 'application/dicom+xml'],
    [406, () => CLIP.instance],
    [406, () => CLIP.series, 'multipart/related; type="application/dicom"'],
    [406, () => `${CLIP.instance}/frames/1`, 'multipart/related; type="application/octet-stream"'],
    [406, () => `${CLIP.instance}/rendered`],
    [200, () => CLIP.instance, 'application/dicom; transfer-syntax=*'],
    [200, () => `${CLIP.instance}/frames/1`, 'multipart/related; type="application/octet-stream"; transfer-syntax=*'],
    [200, () => `${CLIP.instance}/metadata`],
    [200, () => `${ONE.instance}?accept=application/dicom`, 'text/html'],
    [200, () => `${ONE.instance}/rendered?viewport=32,64&quality=50`],
    [200, () => `${FRAMES.instance}/frames/10/rendered?window=100,300,sigmoid`, 'image/png'],
    [200, () => `${FRAMES.instance}/thumbnail`],
    [200, () => `${NOWHERE}/series`],
    [200, () => '/studies?PatientName=nobody'],
  ];

  it.each(TABLE.map(([status, path, accept]) => ({ status, path: path(), accept })))(
    '$status $path $accept',
    async ({ status, path, accept }) => {
      const answer = await raw(path, accept);
      expect(answer.status).toBe(status);
      if (status !== 200) expect(answer.type).toBe('application/problem+json');
    },
  );

  it('everything needs a key', async () => {
    for (const path of ['/studies', ONE.study, `${ONE.study}/metadata`, ONE.instance, `${ONE.instance}/rendered`]) {
      expect((await fetch(url + path)).status).toBe(401);
    }
  });
});

/** A path as it is: fetch would resolve its dots. */
function raw(path: string, accept?: string): Promise<{ status: number; type: string | undefined }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const headers = { 'x-api-key': place.key, ...(accept !== undefined && { accept }) };
    request({ hostname, port, path: `/dicomweb${path}`, headers }, (answer) => {
      answer.resume().on('end', () => resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type'] }));
    })
      .on('error', reject)
      .end();
  });
}

describe('when AWS fails', () => {
  it.each([
    {
      operation: 's3:GetObject',
      paths: [ONE.series, ONE.instance, LARGE.study, `${FRAMES.instance}/frames/1`, `${FRAMES.instance}/rendered`],
    },
    { operation: 'dynamodb:Query', paths: [ONE.study, `${ONE.study}/metadata`, '/studies'] },
    { operation: 'dynamodb:GetItem', paths: [ONE.instance, `${ONE.series}/instances`] },
  ])('$operation refused is a 503, to be repeated', async ({ operation, paths }) => {
    faults.restart(on(operation, { do: 'refuse', error: { ...THROTTLED, code: 'SlowDown', status: 503 } }));
    const ask = () => Promise.all(paths.map(async (path) => [path, await get(path, undefined, faulty)] as const));
    for (const [path, { status, headers }] of await ask()) {
      expect({ path, status, retry: Number(headers.get('retry-after')) > 0 }).toEqual({ path, status: 503, retry: true });
    }
    faults.restart();
    for (const [path, { status }] of await ask()) expect({ path, status }).toEqual({ path, status: 200 });
  });

  it('an object that breaks off before anything was sent is a 503', async () => {
    breaking.restart(() => ({ after: 1000 }));
    for (const path of [ONE.instance, ONE.series, `${FRAMES.instance}/frames/1`, `${FRAMES.instance}/rendered`]) {
      expect({ path, status: (await get(path, undefined, breakable)).status }).toEqual({ path, status: 503 });
    }
  });

  it('one that breaks off later breaks the connection: no truncated body looks whole', async () => {
    breaking.restart((number) => (number === 4 ? { after: 100_000 } : undefined));
    const series = await get(ONE.series, undefined, breakable);
    expect(series.status).toBe(200);
    await expect(series.arrayBuffer()).rejects.toThrow();
    breaking.restart(() => ({ after: 3_000_000 }));
    for (const accept of [undefined, 'application/dicom']) {
      const large = await get(LARGE.instance, accept, breakable);
      expect(large.status).toBe(200);
      await expect(large.arrayBuffer()).rejects.toThrow();
    }
    breaking.restart((number) => (number === 3 ? { after: 100 } : undefined));
    const frames = await get(`${FRAMES.instance}/frames/1,2,3,4,5,6`, undefined, breakable);
    await expect(frames.arrayBuffer()).rejects.toThrow();
  });

  it('a slow one is waited for', async () => {
    breaking.restart((number) => (number === 2 ? { milliseconds: 100 } : undefined));
    expect(await partsAt(ONE.series, undefined, breakable)).toHaveLength(6);
  });
});

describe('a client that goes away', () => {
  it('stops what is read from S3', async () => {
    breaking.restart(() => ({ milliseconds: 20 }));
    const controller = new AbortController();
    const answer = await fetch(breakable + LARGE.study, { headers: { 'x-api-key': place.key }, signal: controller.signal });
    await answer.body?.getReader().read();
    controller.abort();
    const read = () => breaking.sent.reduce((sum, { bytes }) => sum + bytes, 0);
    let before = -1;
    for (let still = 0; still < 3; still = read() === before ? still + 1 : 0) {
      before = read();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(read()).toBeLessThan(BIG_BYTES);
  });

  it('is not read ahead for while it does not read', async () => {
    const answer = await fetch(breakable + LARGE.study, { headers: { 'x-api-key': place.key } });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(breaking.sent.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(2.5 * BIG_BYTES);
    await answer.body?.cancel();
  });
});
