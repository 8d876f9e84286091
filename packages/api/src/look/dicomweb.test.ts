/** A look at another PACS, over a socket: what it has, what it has not, and every way in which it does not say. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TEST_CERTIFICATE, TEST_KEY } from '../testing/certificate.ts';
import { DicomwebServer, type Fault, METADATA, PACS_UIDS, send } from '../testing/dicomweb-server.ts';
import { DicomwebImages } from './dicomweb.ts';
import { DicomwebClient } from './dicomweb-client.ts';
import type { Uids } from './look.ts';

const { study_uid, series_uid } = PACS_UIDS;
const SERIES = { study_uid, series_uid };
const HTML = '<html>Welcome</html>';

let server: DicomwebServer;
beforeAll(async () => {
  server = await DicomwebServer.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.fault = () => false;
  server.asked.length = 0;
  server.headers.length = 0;
});

const source = (url = `http://${server.host}/dicom-web`, headers = {}) =>
  new DicomwebImages(new DicomwebClient({ name: 'hospital', url }, async () => headers));
const look = (uids: Uids, signal = AbortSignal.timeout(5000)) => source().look(uids, signal);

/** A fault of the searches, of the metadata, or of both. */
const on =
  (part: RegExp, fault: Fault): Fault =>
  (request, response) =>
    part.test(request.url ?? '') && fault(request, response);

describe('images that are there', () => {
  it('an instance: its whole data set, and what the search says of its series', async () => {
    expect(await look(PACS_UIDS)).toMatchObject({ kind: 'found', instance: METADATA, known: { '00080060': { Value: ['CT'] } } });
    expect(server.asked.sort()).toEqual([
      '/dicom-web/studies/1.2.3/series/1.2.3.4/instances/1.2.3.4.5/metadata',
      '/dicom-web/studies/1.2.3/series?SeriesInstanceUID=1.2.3.4&includefield=NumberOfSeriesRelatedInstances',
    ]);
    expect(server.headers[0]?.accept).toBe('application/dicom+json');
  });

  it('a series: one of its instances, and how many there are', async () => {
    expect(await look(SERIES)).toMatchObject({ kind: 'found', instance: METADATA, instances: 12 });
    expect(server.asked).toHaveLength(3);
  });

  it('a study: its modalities', async () => {
    expect(await look({ study_uid })).toMatchObject({ kind: 'found', modalities: ['CT'] });
    expect(server.asked).toHaveLength(1);
  });

  it('asks with the headers that authenticate', async () => {
    await source(undefined, { authorization: 'Bearer x' }).look(PACS_UIDS, AbortSignal.timeout(5000));
    expect(server.headers.map(({ authorization }) => authorization)).toEqual(['Bearer x', 'Bearer x']);
  });
});

describe('images that are not there', () => {
  it.each<[Uids, string]>([
    [{ study_uid: '9' }, 'study'],
    [{ study_uid: '9', series_uid }, 'study'],
    [{ ...PACS_UIDS, study_uid: '9' }, 'study'],
    [{ study_uid, series_uid: '9' }, 'series'],
    [{ ...PACS_UIDS, series_uid: '9' }, 'series'],
    [{ ...PACS_UIDS, instance_uid: '9' }, 'instance'],
  ])('%j: the %s', async (uids, level) => {
    expect(await look(uids)).toEqual({ kind: 'missing', level });
  });

  it.each<[string, Fault]>([
    ['204', (_request, response) => !!response.writeHead(204).end()],
    ['an empty list', (_request, response) => send(response, 200, [])],
    ['404 in JSON', (_request, response) => send(response, 404, {})],
    ['404 in text', (_request, response) => send(response, 404, 'not found', 'text/plain')],
  ])('said by %s', async (_what, fault) => {
    server.fault = fault;
    expect(await look(PACS_UIDS)).toEqual({ kind: 'missing', level: 'study' });
    expect(await look({ study_uid })).toEqual({ kind: 'missing', level: 'study' });
    server.fault = on(/metadata/, fault);
    expect(await look(PACS_UIDS)).toEqual({ kind: 'missing', level: 'instance' });
  });

  it.each(['.', '..', '...'])('the UID %s, which in a path would lead elsewhere, is not even asked for', async (dots) => {
    expect(await look({ ...PACS_UIDS, study_uid: dots })).toEqual({ kind: 'missing', level: 'study' });
    expect(await look({ ...PACS_UIDS, series_uid: dots })).toEqual({ kind: 'missing', level: 'series' });
    expect(await look({ ...PACS_UIDS, instance_uid: dots })).toEqual({ kind: 'missing', level: 'instance' });
    expect(await look({ study_uid: dots })).toEqual({ kind: 'missing', level: 'study' });
    expect(server.asked).toEqual([]);
  });
});

const FAULTS: readonly [string, Fault][] = [
  ['answers 500', (_request, response) => send(response, 500, [])],
  ['answers 401', (_request, response) => send(response, 401, [])],
  ['answers 429', (_request, response) => send(response, 429, [])],
  ['answers a page', (_request, response) => send(response, 200, HTML, 'text/html')],
  ['answers that nothing is here with a page', (_request, response) => send(response, 404, HTML, 'text/html; charset=utf-8')],
  ['answers no JSON', (_request, response) => send(response, 200, '[{"0020000D":')],
  ['answers nothing at all', (_request, response) => send(response, 200, '')],
  ['answers an object', (_request, response) => send(response, 200, {})],
  ['answers a list of numbers', (_request, response) => send(response, 200, [1, null])],
  ['answers data sets of others', (_request, response) => send(response, 200, [{ '0020000D': { vr: 'UI', Value: ['7'] } }])],
  ['answers data sets of nonsense', (_request, response) => send(response, 200, [{ '0020000D': 7, '00080018': { Value: {} } }])],
  ['closes the connection', (_request, response) => !!response.socket?.destroy()],
  [
    'breaks off',
    (_request, response) =>
      !!response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('[') && !!response.socket?.end(),
  ],
];

describe('a PACS that does not say', () => {
  it.each(FAULTS)('because it %s', async (_what, fault) => {
    server.fault = fault;
    for (const uids of [PACS_UIDS, SERIES, { study_uid }]) expect(await look(uids)).toMatchObject({ kind: 'unknown' });
  });

  it.each(FAULTS)('of the instance, because it %s there: the series is known all the same', async (_what, fault) => {
    server.fault = on(/instances/, fault);
    for (const uids of [PACS_UIDS, SERIES]) {
      const found = await look(uids);
      expect(found).toMatchObject({ kind: 'found', known: { '00080060': { Value: ['CT'] } } });
      expect(found).not.toHaveProperty('instance');
    }
  });

  it.each(FAULTS)('of the series, because it %s there: the instance is known all the same', async (_what, fault) => {
    server.fault = on(/series\?/, fault);
    expect(await look(PACS_UIDS)).toEqual({ kind: 'found', instance: METADATA });
  });

  it('of the series, and has no such instance: nothing is certain', async () => {
    server.fault = on(/series\?/, (_request, response) => send(response, 500, []));
    expect(await look({ ...PACS_UIDS, instance_uid: '9' })).toMatchObject({ kind: 'unknown' });
  });

  it('because nothing listens there', async () => {
    expect(await source('http://127.0.0.1:9/').look(PACS_UIDS, AbortSignal.timeout(5000))).toMatchObject({ kind: 'unknown' });
  });

  it.each([
    ['never answers', () => true],
    [
      'never ends its answer',
      (_request: unknown, response: Parameters<Fault>[1]) => response.writeHead(200, { 'content-type': 'application/json' }).write('['),
    ],
  ])('because it %s: it is left', async (_what, fault) => {
    server.fault = fault as Fault;
    expect(await look(PACS_UIDS, AbortSignal.timeout(50))).toEqual({ kind: 'unknown', why: 'it took too long' });
    server.fault = on(/metadata/, fault as Fault);
    expect(await look(PACS_UIDS, AbortSignal.timeout(500))).toMatchObject({ kind: 'found', known: {} });
  });

  it('because its credentials do not come', async () => {
    const client = new DicomwebClient({ name: 'hospital', url: `http://${server.host}/dicom-web` }, () => new Promise(() => undefined));
    const answer = await new DicomwebImages(client).look(PACS_UIDS, AbortSignal.timeout(50));
    expect(answer).toEqual({ kind: 'unknown', why: 'it took too long' });
  });

  it('because it sends without end: it is left', async () => {
    const chunk = `"${'x'.repeat(1024 * 1024)}",`;
    server.fault = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('[');
      const more = () => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
      return true;
    };
    expect(await look({ study_uid })).toEqual({ kind: 'unknown', why: 'its answer is too large' });
  });

  it('because it leads elsewhere: nobody follows', async () => {
    const elsewhere = await DicomwebServer.start();
    for (const status of [301, 302, 303, 307, 308]) {
      server.fault = (request, response) => !!response.writeHead(status, { location: `http://${elsewhere.host}${request.url}` }).end();
      expect(await look(PACS_UIDS)).toMatchObject({ kind: 'unknown' });
    }
    expect(elsewhere.asked).toEqual([]);
    await elsewhere.stop();
  });
});

describe('a PACS with a certificate of its own', () => {
  let secure: DicomwebServer;
  beforeAll(async () => {
    secure = await DicomwebServer.start({ key: TEST_KEY, cert: TEST_CERTIFICATE });
  });
  afterAll(() => secure.stop());

  it('is trusted by the one that the platform file names, and by no other', async () => {
    const pacs = { name: 'hospital', url: `https://${secure.host}/dicom-web` };
    const trusting = new DicomwebImages(new DicomwebClient({ ...pacs, ca: TEST_CERTIFICATE }, async () => ({})));
    expect(await trusting.look(PACS_UIDS, AbortSignal.timeout(5000))).toMatchObject({ kind: 'found', instance: METADATA });
    const doubting = new DicomwebImages(new DicomwebClient(pacs, async () => ({})));
    expect(await doubting.look(PACS_UIDS, AbortSignal.timeout(5000))).toMatchObject({ kind: 'unknown' });
  });
});
