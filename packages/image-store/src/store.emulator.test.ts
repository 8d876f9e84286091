/** STOW-RS over the tables and the bucket of an emulator: what is stored, what is refused and why, and what is left when AWS fails. */
import { once } from 'node:events';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { imagePrefix } from '@mip/registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { type Fault, FaultProxy, type Rule } from '../../../tests/faults/proxy.ts';
import type { JsonDataSet } from './dicom/json.ts';
import { textOf } from './levels.ts';
import { StowClient } from './stow-client.ts';
import { EmulatedPlace } from './testing/emulated.ts';
import { BOUNDARY, MULTIPART, multipart, replaceAll, slice, sliceHead, uidsOf } from './testing/slices.ts';

const MOST_BYTES = 24 * 1024 * 1024;
const MIB = 1024 * 1024;

let emulator: TestEmulator;
let place: EmulatedPlace;
const lines: string[] = [];
let url: string;

const serve = (endpoint?: string) =>
  place.serve({
    ...(endpoint && { endpoint }),
    maxInstanceBytes: MOST_BYTES,
    logLevel: 'info',
    log: { write: (line) => void lines.push(line) },
  });

beforeAll(async () => {
  emulator = await openEmulator();
  place = await EmulatedPlace.make(emulator.connection);
  url = await serve();
});
afterAll(async () => {
  await place.close();
  await emulator.stop();
});

interface Sent {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly base?: string;
}

async function post(body: Buffer | Readable, { path = '/studies', headers = {}, base = url }: Sent = {}): Promise<Answer> {
  const answer = await fetch(base + path, {
    method: 'POST',
    headers: { 'x-api-key': place.key, 'content-type': MULTIPART, ...headers },
    body: body instanceof Readable ? (Readable.toWeb(body) as ReadableStream) : new Uint8Array(body),
    duplex: 'half',
  });
  return {
    status: answer.status,
    type: answer.headers.get('content-type') ?? '',
    headers: answer.headers,
    json: (await answer.json()) as JsonDataSet,
  };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly json: JsonDataSet;
}

const items = (json: JsonDataSet, tag: string) => (json[tag]?.Value ?? []) as readonly JsonDataSet[];
const reasons = ({ json }: Answer) =>
  [...items(json, '00081198'), ...items(json, '0008119A')].map((item) => Number(textOf(item, '00081197')).toString(16).padStart(4, '0'));
const stored = ({ json }: Answer) => items(json, '00081199').map((item) => textOf(item, '00081155'));

/** Rows whose objects are not there, objects that no row leads to, and uploads that have not ended; of one study, or of all. */
async function loose(study?: string) {
  const prefix = study === undefined ? 'instances/' : imagePrefix(place.imagesKey, { study });
  const own = (keys: readonly string[]) => keys.filter((key) => key.startsWith(prefix));
  const keys = own(await place.keys());
  const named = own((await place.rows()).flatMap(({ key, metadata_key }) => [key, metadata_key].filter((one) => typeof one === 'string')));
  return {
    rows: named.filter((key) => !keys.includes(key)),
    objects: keys.filter((key) => !named.includes(key)),
    uploads: own(await place.uploads()),
  };
}
const NOTHING_LOOSE = { rows: [], objects: [], uploads: [] };
const rowOf = async (uid: string) => (await place.rows()).find((row) => row.uid === uid);

describe('what is stored', () => {
  it('is answered with URLs, and counted', async () => {
    const files = [
      slice({ study: 1, series: 1, instance: 1 }),
      slice({ study: 1, series: 1, instance: 2 }),
      slice({ study: 1, series: 2, instance: 3 }),
    ];
    const answer = await post(multipart(...files));
    const { study, series, instance } = uidsOf({ study: 1, series: 2, instance: 3 });
    expect(answer).toMatchObject({ status: 200, type: 'application/dicom+json' });
    expect(answer.json['00081190']).toEqual({ vr: 'UR', Value: [`${url}/studies/${study}`] });
    expect(items(answer.json, '00081199').at(-1)).toEqual({
      '00081150': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] },
      '00081155': { vr: 'UI', Value: [instance] },
      '00081190': { vr: 'UR', Value: [`${url}/studies/${study}/series/${series}/instances/${instance}`] },
    });
    expect(await rowOf(study)).toMatchObject({
      instance_count: 3,
      series_count: 2,
      modalities: new Set(['CT']),
      sorted_by: expect.stringMatching(/^20040119#/),
    });
    expect(await rowOf(series)).toMatchObject({ instance_count: 1, modality: 'CT', study_uid: study });
    expect(await rowOf(instance)).toMatchObject({ size: files[2]?.length, transfer_syntax: '1.2.840.10008.1.2.1' });
    expect(await loose()).toEqual(NOTHING_LOOSE);
  });

  it('may come again, also as one file, in another order, or by its study', async () => {
    const [one, two] = [slice({ study: 1, instance: 1 }), slice({ study: 1, instance: 2 })];
    const before = await place.rows();
    expect(stored(await post(multipart(two, one, one)))).toHaveLength(3);
    expect(await post(one, { headers: { 'content-type': 'application/dicom' } })).toMatchObject({ status: 200 });
    expect(await post(multipart(one), { path: `/studies/${uidsOf({ study: 1, instance: 1 }).study}` })).toMatchObject({ status: 200 });
    expect(await place.rows()).toEqual(before);
    expect(await loose()).toEqual(NOTHING_LOOSE);
  });

  it('stays when other bytes come under its UID, in the same request too', async () => {
    const one = slice({ study: 2, instance: 20 });
    const other = Buffer.from(one);
    other[other.length - 200] = 77;
    const answer = await post(multipart(one, other));
    expect(answer.status).toBe(202);
    expect(reasons(answer)).toEqual(['0111']);
    const again = await post(multipart(other));
    expect([again.status, reasons(again)]).toEqual([409, ['0111']]);
    expect(await rowOf(uidsOf({ study: 2, instance: 20 }).study)).toMatchObject({ instance_count: 1 });
    expect(await loose()).toEqual(NOTHING_LOOSE);
  });

  it('is not stored again in another study under the same UID', async () => {
    await post(multipart(slice({ study: 3, instance: 30 })));
    const answer = await post(multipart(slice({ study: 4, instance: 30 })));
    expect([answer.status, reasons(answer)]).toEqual([409, ['0111']]);
    expect(await rowOf(uidsOf({ study: 4, instance: 30 }).study)).toBeUndefined();
    expect(await loose()).toEqual(NOTHING_LOOSE);
  });

  it('is one instance when a hundred send it at once, to two servers', async () => {
    const second = await serve(emulator.connection.endpoint);
    const body = multipart(slice({ study: 5, instance: 50 }));
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => post(body, { base: index % 2 ? url : second })));
    expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
    const uids = uidsOf({ study: 5, instance: 50 });
    expect(await rowOf(uids.study)).toMatchObject({ instance_count: 1, series_count: 1 });
    expect((await place.rows()).filter(({ uid }) => uid === uids.instance)).toHaveLength(1);
    expect(await loose()).toEqual(NOTHING_LOOSE);
  });

  it('is counted rightly when twenty write to one study at once', async () => {
    const second = await serve(emulator.connection.endpoint);
    const sent = Array.from({ length: 20 }, (_, index) =>
      post(multipart(slice({ study: 6, series: index % 3, instance: 600 + index })), { base: index % 2 ? url : second }),
    );
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(await rowOf(uidsOf({ study: 6, instance: 600 }).study)).toMatchObject({ instance_count: 20, series_count: 3 });
  });

  it('may be larger than what is held', async () => {
    const file = slice({ study: 7, instance: 70, pixels: 12 * MIB });
    expect(await post(multipart(file, slice({ study: 7, instance: 71 })))).toMatchObject({ status: 200 });
    expect(await rowOf(uidsOf({ study: 7, instance: 70 }).instance)).toMatchObject({ size: file.length });
    expect(await loose()).toEqual(NOTHING_LOOSE);
  });
});

describe('keys', () => {
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  it.each<[string, () => Record<string, string>, number]>([
    ['as x-api-key', () => ({ 'x-api-key': place.key }), 200],
    ['as a bearer token', () => ({ authorization: `Bearer ${place.key}` }), 200],
    ['as a password', () => basic(`anybody:${place.key}`), 200],
    ['of the workers', () => ({ authorization: `Bearer ${place.workersKey}` }), 200],
    ['none', () => ({}), 401],
    ['unknown', () => ({ 'x-api-key': `mip_${'a'.repeat(43)}` }), 401],
    ['empty', () => ({ 'x-api-key': '' }), 401],
    ['a password alone', () => basic(':'), 401],
  ])('%s', async (_name, headers, status) => {
    const body = new Uint8Array(multipart(slice({ study: 1, instance: 1 })));
    const answer = await fetch(`${url}/studies`, { method: 'POST', headers: { 'content-type': MULTIPART, ...headers() }, body });
    expect(answer.status).toBe(status);
    if (status === 401) expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });
});

const HEXADECIMAL = '1.3.6.1.4.1.5962.1.2.1.20040119072730.DEADB';
const open = (...files: readonly Buffer[]) => multipart(...files).subarray(0, -(BOUNDARY.length + 8));
const study8 = () => uidsOf({ study: 8, instance: 80 }).study;
const hexadecimal = () => replaceAll(slice({ study: 8, instance: 80 }), study8(), HEXADECIMAL);

interface Bad {
  readonly name: string;
  readonly body: () => Buffer;
  readonly sent?: () => Sent;
  readonly status: number;
  readonly reasons?: readonly string[];
}

const BAD: readonly Bad[] = [
  { name: 'no body', body: () => Buffer.alloc(0), status: 400 },
  { name: 'no parts', body: () => multipart(), status: 400 },
  {
    name: 'a boundary that never comes',
    body: () =>
      Buffer.from(
        multipart(slice({ instance: 80 }))
          .toString('latin1')
          .replaceAll(BOUNDARY, 'another'),
        'latin1',
      ),
    status: 400,
  },
  {
    name: 'no boundary in the type',
    body: () => multipart(slice({ instance: 80 })),
    sent: () => ({ headers: { 'content-type': 'multipart/related; type="application/dicom"' } }),
    status: 400,
  },
  {
    name: 'a boundary of 71 characters',
    body: () => multipart(),
    sent: () => ({ headers: { 'content-type': `multipart/related; boundary=${'b'.repeat(71)}` } }),
    status: 400,
  },
  { name: 'no last boundary', body: () => open(slice({ study: 8, instance: 80 })), status: 400 },
  {
    name: 'no last boundary after a whole part',
    body: () => open(slice({ study: 9, instance: 90 }), slice({ study: 8, instance: 80 })),
    status: 202,
    reasons: ['c000'],
  },
  {
    name: 'a part cut in half',
    body: () => multipart(slice({ study: 8, instance: 80 }).subarray(0, 20_000)),
    status: 409,
    reasons: ['c000'],
  },
  { name: 'a part of 0 bytes', body: () => multipart(Buffer.alloc(0)), status: 409, reasons: ['c000'] },
  {
    name: 'a part of 0 bytes among others',
    body: () => multipart(Buffer.alloc(0), slice({ study: 9, instance: 90 }), Buffer.alloc(0)),
    status: 202,
    reasons: ['c000', 'c000'],
  },
  { name: 'text', body: () => multipart(Buffer.from('this is no DICOM file')), status: 409, reasons: ['c000'] },
  { name: 'hexadecimal UIDs', body: () => multipart(hexadecimal()), status: 409, reasons: ['c000'] },
  {
    name: 'another study than the URL',
    body: () => multipart(slice({ study: 8, instance: 80 })),
    sent: () => ({ path: '/studies/1.2.3' }),
    status: 409,
    reasons: ['a900'],
  },
  {
    name: 'another study, larger than what is held',
    body: () => multipart(slice({ study: 8, instance: 80, pixels: 6 * MIB })),
    sent: () => ({ path: '/studies/1.2.3' }),
    status: 409,
    reasons: ['a900'],
  },
  {
    name: 'a part that is too large, and another',
    body: () => multipart(slice({ study: 8, instance: 80, pixels: MOST_BYTES }), slice({ study: 9, instance: 90 })),
    status: 202,
    reasons: ['a700'],
  },
  {
    name: 'one file that is too large',
    body: () => slice({ study: 8, instance: 80, pixels: MOST_BYTES }),
    sent: () => ({ headers: { 'content-type': 'application/dicom' } }),
    status: 413,
  },
  { name: 'JSON', body: () => Buffer.from('{}'), sent: () => ({ headers: { 'content-type': 'application/json' } }), status: 415 },
  {
    name: 'multipart of JSON',
    body: () => multipart(),
    sent: () => ({ headers: { 'content-type': `multipart/related; type="application/dicom+json"; boundary=${BOUNDARY}` } }),
    status: 415,
  },
  {
    name: 'XML wanted',
    body: () => multipart(slice({ instance: 80 })),
    sent: () => ({ headers: { accept: 'application/dicom+xml' } }),
    status: 406,
  },
  ...['..%2f..%2fetc', '..%2f', '1.2%00', '1.2.3%0d%0aX: y', '1.2.a', '%252e', '1'.repeat(65), '%f0%9f%98%80', "1.2'--"].map(
    (study): Bad => ({
      name: `/studies/${study}`,
      body: () => multipart(slice({ study: 8, instance: 80 })),
      sent: () => ({ path: `/studies/${study}` }),
      status: 400,
    }),
  ),
  { name: '/studies/%', body: () => multipart(), sent: () => ({ path: '/studies/%' }), status: 400 },
  { name: '/studies//', body: () => multipart(), sent: () => ({ path: '/studies//' }), status: 404 },
  { name: '/studies/1/2', body: () => multipart(), sent: () => ({ path: '/studies/1/2' }), status: 404 },
];

describe('bad input', () => {
  it.each(BAD)('$name: $status $reasons', async ({ body, sent, status, reasons: expected = [] }) => {
    const answer = await post(body(), sent?.());
    expect(answer.status).toBe(status);
    expect(reasons(answer)).toEqual(expected);
    if (expected.length === 0) expect(answer.type).toBe('application/problem+json');
    expect(await rowOf(study8())).toBeUndefined();
    expect(await loose()).toEqual(NOTHING_LOOSE);
  });

  it('leaves no 5xx and no error in the log', () => {
    const parsed = lines.map((line) => JSON.parse(line) as { level: string; status?: number });
    expect(parsed.filter(({ level, status = 0 }) => level === 'error' || status >= 500)).toEqual([]);
  });

  it('may have parts without headers, a preamble and an epilogue', async () => {
    const file = slice({ study: 10, instance: 100 });
    const body = Buffer.concat([Buffer.from(`preamble\r\n--${BOUNDARY}\r\n\r\n`), file, Buffer.from(`\r\n--${BOUNDARY}--\r\nepilogue`)]);
    expect(await post(body)).toMatchObject({ status: 200 });
  });

  it('is read no further than its limit where it never ends', async () => {
    let sent = 0;
    async function* endless() {
      yield Buffer.from(`--${BOUNDARY}\r\n\r\n`);
      yield sliceHead({ study: 8, instance: 80, pixels: 0xfffffff0 });
      for (; sent < 3 * MOST_BYTES; sent += MIB) yield Buffer.alloc(MIB);
      yield Buffer.from(`\r\n--${BOUNDARY}--`);
    }
    const answer = await post(Readable.from(endless()));
    expect([answer.status, reasons(answer)]).toEqual([409, ['a700']]);
    expect(await loose()).toEqual(NOTHING_LOOSE);
  });

  it('other methods are answered with 405', async () => {
    const answer = await fetch(`${url}/studies/1.2`, { method: 'PUT', headers: { 'x-api-key': place.key } });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, expect.stringContaining('POST')]);
  });
});

describe('a client that stops half-way', () => {
  it.each([1, 12])('leaves nothing of an instance of %i MiB, and what came before it', async (size) => {
    const [whole, half] = [
      { study: 11, instance: 110 + size },
      { study: 12, instance: 120, pixels: size * MIB },
    ];
    const body = multipart(slice(whole), slice(half));
    const { port } = new URL(url);
    const headers = { 'x-api-key': place.key, 'content-type': MULTIPART, 'content-length': body.length };
    const sending = request({ port, method: 'POST', path: '/dicomweb/studies', headers });
    sending.on('error', () => undefined);
    await new Promise<void>((resolve) => void sending.write(body.subarray(0, body.length - 0.3 * MIB), () => resolve()));
    await sleep(200);
    sending.destroy();
    await expect.poll(() => rowOf(uidsOf(whole).instance), { timeout: 5000 }).toBeDefined();
    await expect.poll(loose, { timeout: 5000 }).toEqual(NOTHING_LOOSE);
    expect(await rowOf(uidsOf(half).study)).toBeUndefined();
  });
});

const BUSY = { code: 'SlowDown', message: 'Please reduce your request rate.', status: 503 };
const BROKEN = { code: 'InternalError', message: 'We encountered an internal error. Please try again.', status: 500 };
const DENIED = { code: 'AccessDenied', message: 'Access Denied', status: 403 };
const THROTTLED = { code: 'ThrottlingException', message: 'Rate exceeded', status: 400 };

const always =
  (operation: string, fault: Fault): Rule =>
  (call) =>
    call.operation === operation ? fault : undefined;
const times = (count: number, operation: string, fault: Fault): Rule => {
  let left = count;
  return (call) => (call.operation === operation && left-- > 0 ? fault : undefined);
};
const PUT = 's3:PutObject';
const TRANSACT = 'dynamodb:TransactWriteItems';
const cut = (when: 'before' | 'after'): Fault => ({ do: 'cut', when });
const refuse = (error: typeof BUSY): Fault => ({ do: 'refuse', error });

interface Failing {
  readonly name: string;
  readonly rules: () => readonly Rule[];
  readonly status: number;
  readonly reasons?: readonly string[];
  /** Of the instance; as CT_small's without it. */
  readonly pixels?: number;
  /** Objects that stay without a row: a row may yet lead to them, or S3 does not let go. */
  readonly kept?: number;
}

const FAULTS: readonly Failing[] = [
  { name: 'nothing', rules: () => [], status: 200 },
  { name: 'S3 busy once', rules: () => [times(1, PUT, refuse(BUSY))], status: 200 },
  { name: 'S3 busy', rules: () => [always(PUT, refuse(BUSY))], status: 503 },
  { name: 'S3 broken', rules: () => [always(PUT, refuse(BROKEN))], status: 503 },
  { name: 'S3 denies', rules: () => [always(PUT, refuse(DENIED))], status: 409, reasons: ['0110'] },
  { name: 'S3 slow', rules: () => [always(PUT, { do: 'delay', milliseconds: 700 })], status: 200 },
  { name: 'S3 cut off before', rules: () => [always(PUT, cut('before'))], status: 503 },
  { name: 'S3 cut off after, once', rules: () => [times(1, PUT, cut('after'))], status: 200 },
  { name: 'S3 cut off after', rules: () => [always(PUT, cut('after'))], status: 503 },
  { name: 'S3 busy from the second part on', rules: () => [secondPart(refuse(BUSY))], status: 503, pixels: 11 * MIB },
  { name: 'S3 cut off in the second part', rules: () => [secondPart(cut('after'))], status: 503, pixels: 11 * MIB },
  { name: 'S3 slow in parts', rules: () => [always(PUT, { do: 'delay', milliseconds: 300 })], status: 200, pixels: 11 * MIB },
  { name: 'S3 does not begin an upload', rules: () => [always('s3:PostObject', refuse(BUSY))], status: 503, pixels: 11 * MIB },
  { name: 'rows throttled once', rules: () => [times(1, TRANSACT, refuse(THROTTLED))], status: 200 },
  { name: 'rows throttled', rules: () => [always(TRANSACT, refuse(THROTTLED))], status: 503 },
  {
    name: 'rows denied',
    rules: () => [always(TRANSACT, refuse({ ...DENIED, code: 'AccessDeniedException', status: 400 }))],
    status: 409,
    reasons: ['0110'],
  },
  { name: 'rows cut off after, once', rules: () => [times(1, TRANSACT, cut('after'))], status: 200 },
  { name: 'rows cut off after', rules: () => [always(TRANSACT, cut('after'))], status: 200 },
  { name: 'rows cut off before', rules: () => [always(TRANSACT, cut('before'))], status: 503, kept: 1 },
  { name: 'known rows not readable', rules: () => [always('dynamodb:BatchGetItem', refuse(THROTTLED))], status: 503 },
  { name: 'UIDs not searchable', rules: () => [always('dynamodb:Query', refuse(THROTTLED))], status: 503 },
  {
    name: 'S3 busy, nothing deletable',
    rules: () => [always(PUT, cut('after')), always('s3:DeleteObject', refuse(BUSY))],
    status: 503,
    kept: 1,
  },
];

function secondPart(fault: Fault): Rule {
  let puts = 0;
  return (call) => (call.operation === PUT && ++puts > 1 ? fault : undefined);
}

/** A server of its own behind a proxy of its own. */
async function behindProxy<T>(rules: readonly Rule[], work: (base: string, proxy: FaultProxy) => Promise<T>): Promise<T> {
  const own = await FaultProxy.open(emulator.connection.endpoint);
  try {
    const base = await serve(own.endpoint);
    own.restart(...rules);
    return await work(base, own);
  } finally {
    await own.close();
  }
}

describe.concurrent('request × fault → status', () => {
  it.each(FAULTS.map((fault, index) => ({ reasons: [], ...fault, number: 2000 + index })))(
    'STOW × $name → $status $reasons',
    async ({ number, rules, status, reasons: expected = [], pixels, kept = 0 }) => {
      const options = { study: number, instance: number, ...(pixels && { pixels }) };
      const { study } = uidsOf(options);
      const body = multipart(slice(options));
      const answer = await behindProxy(rules(), (base) => post(body, { base }));
      expect(answer.status).toBe(status);
      expect(reasons(answer)).toEqual(expected);
      if (status === 503) expect([answer.type, answer.headers.get('retry-after')]).toEqual(['application/problem+json', '2']);
      expect((await rowOf(study))?.instance_count).toBe(status === 200 ? 1 : undefined);
      const { rows, objects, uploads } = await loose(study);
      expect({ rows, uploads, objects: objects.length }).toEqual({ rows: [], uploads: [], objects: kept });
      // The same request, when all is well again.
      expect((await post(body)).status).toBe(200);
      expect((await rowOf(study))?.instance_count).toBe(1);
    },
  );

  it('some stored, some not: 202 with a reason', async () => {
    const body = multipart(slice({ study: 3000, instance: 3000 }), slice({ study: 3000, instance: 3001 }));
    const answer = await behindProxy([secondPart(refuse(BUSY))], (base) => post(body, { base }));
    expect([answer.status, reasons(answer), stored(answer).length]).toEqual([202, ['0110'], 1]);
  });

  it('keys not readable: 503', async () => {
    const rules = [always('dynamodb:GetItem', refuse(THROTTLED))];
    expect((await behindProxy(rules, (base) => post(multipart(slice({ instance: 1 })), { base }))).status).toBe(503);
  });
});

describe('all the time', () => {
  it('the log has no UID, no name and no key of a client', () => {
    const log = lines.join('');
    expect(lines.length).toBeGreaterThan(50);
    for (const canary of ['1.3.6.1.4.1.5962', 'CompressedSamples', '1CT1', place.key, place.imagesKey, place.workersKey])
      expect(log).not.toContain(canary);
  });
});

describe('the client', () => {
  it('tells what became of each file', async () => {
    const client = new StowClient({ url, key: place.key });
    const other = slice({ study: 13, instance: 131 });
    other[other.length - 200] = 77;
    await client.put(slice({ study: 13, instance: 131 }));
    const outcomes = await client.store([slice({ study: 13, instance: 130 }), other]);
    expect(outcomes.map(({ uids, refused }) => [uids.instance, refused?.reason])).toEqual([
      [uidsOf({ study: 13, instance: 130 }).instance, undefined],
      [uidsOf({ study: 13, instance: 131 }).instance, 0x0111],
    ]);
    await expect(client.put(other)).rejects.toThrow('other bytes are stored');
    await expect(client.put(Buffer.from('text'))).rejects.toThrow('not a DICOM file');
    await expect(new StowClient({ url, key: 'mip_no' }).put(other)).rejects.toThrow('This key is not valid');
  });

  it.each<[string, number, string, string]>([
    ['HTML', 200, '<html>', 'without JSON'],
    [
      'a failure inside',
      200,
      JSON.stringify({
        '00081198': {
          vr: 'SQ',
          Value: [{ '00081155': { vr: 'UI', Value: [uidsOf({ instance: 1 }).instance] }, '00081197': { vr: 'US', Value: [0xa700] } }],
        },
      }),
      'larger than the store takes',
    ],
    ['nothing of it', 200, '{}', 'did not say'],
    ['a 500', 500, '{}', 'answered 500'],
  ])('does not believe %s', async (_name, status, body, message) => {
    const { createServer } = await import('node:http');
    const server = createServer((incoming, outgoing) => {
      incoming.resume().on('end', () => outgoing.writeHead(status).end(body));
    }).listen(0);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await expect(new StowClient({ url: `http://127.0.0.1:${port}` }).put(slice({ instance: 1 }))).rejects.toThrow(message);
    server.close();
  });
});
