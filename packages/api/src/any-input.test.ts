/** Properties: whatever a client sends, it is the client's mistake or none. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Look } from './look/look.ts';
import { ENTRY, KEY, PACS, post, setUp } from './testing/requests.ts';

const { app, memory: known } = setUp();
known.addClient(KEY, 'clinic-a', { roles: ['radiologist'] });

describe('whatever a client sends', () => {
  const noServerError = (status: number): void => {
    expect(status).toBeLessThan(500);
  };

  it('JSON of any kind is never a 5xx', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 5 }), async (body) => noServerError((await post(app, body)).statusCode)),
      { numRuns: 300 },
    );
  });

  it('a request with any members in the right places is never a 5xx', async () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.double(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...Object.values(PACS), 'job-1', 'LINEAR', 40),
    );
    const record = (...names: string[]) => fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
    const body = fc.record(
      {
        job_id: fc.oneof(value, fc.stringMatching(/^[a-z0-9]{1,8}$/)),
        pacs: fc.oneof(value, fc.constant(PACS), record('study_uid', 'series_uid', 'instance_uid', 'source')),
        parameters: fc.oneof(value, record('center', 'width', 'function', 'note', 'toJSON', 'constructor')),
        callback_url: value,
        purpose: value,
        overrides: fc.oneof(value, fc.array(fc.oneof(value, record('tag', 'reason', 'role')))),
        client_id: value,
      },
      { requiredKeys: ['job_id'] },
    );
    await fc.assert(
      fc.asyncProperty(body, async (one) => noServerError((await post(app, one)).statusCode)),
      { numRuns: 500 },
    );
  });

  it('whatever a PACS says of the images is never a 5xx', async () => {
    const rules = [
      { tag: 'ImageType', matches: 'ORIGINAL', severity: 'reject' },
      { tag: 'PixelSpacing', range: { maximum: 1, unit: 'mm' }, severity: 'reject' },
      { fact: 'orientation', equals: 'axial', severity: 'warn' },
      { fact: 'slices', range: { minimum: 2, unit: '1' }, severity: 'reject' },
    ];
    const input = { scope: ['instance', 'series', 'study'], units: 'stored', modalities: ['CT'], rules };
    const { app, memory } = setUp();
    memory.rows.set('window-level', { ...ENTRY, input, memory_model: { base_mib: 1, bytes_per_voxel: 1 } });
    const tag = fc.constantFrom('00080008', '00280030', '00200037', '00280008', '0018A001', '52009229', '00280010', '00280011', '00080060');
    const element = fc.oneof(
      fc.jsonValue(),
      fc.record({ vr: fc.constantFrom('CS', 'DS', 'SQ', 'US', 'IS'), Value: fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue())) }),
    );
    const dataset = fc.dictionary(tag, element);
    const look = fc.record(
      { kind: fc.constant('found' as const), instance: dataset, known: dataset, instances: fc.nat(), modalities: fc.array(fc.string()) },
      { requiredKeys: ['kind'] },
    );
    const { study_uid, series_uid } = PACS;
    const pacs = fc.constantFrom(PACS, { study_uid, series_uid }, { study_uid });
    let jobs = 0;
    await fc.assert(
      fc.asyncProperty(look, pacs, async (answer, asked) => {
        memory.answer = () => answer as Look;
        expect([202, 422]).toContain((await post(app, { job_id: `job-${jobs++}`, pacs: asked })).statusCode);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
    ['parameters', '{"parameters":', '}'],
  ])('%s nested as deep as a body can be are no 5xx', async (_what, open, close) => {
    const { app } = setUp({ maxRequestBytes: 1_000_000 });
    for (const depth of [1000, 20_000, 60_000]) {
      const body = `${open.repeat(depth)}0${close.repeat(depth)}`;
      noServerError((await post(app, body)).statusCode);
      noServerError((await post(app, `{"job_id":"j","pacs":${body},"parameters":{"note":${body}}}`)).statusCode);
    }
  });

  it('any path is never a 5xx', async () => {
    const piece = fc.oneof(fc.constantFrom('jobs', 'process', 'results', 'job-1', '..', '%2e', '%00', '%', '', '@'), fc.webSegment());
    const url = fc.array(piece, { maxLength: 5 }).map((pieces) => `/${pieces.join('/')}`);
    const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH');
    await fc.assert(
      fc.asyncProperty(method, url, async (one, path) =>
        noServerError((await app.inject({ method: one, url: path, headers: { 'x-api-key': KEY } })).statusCode),
      ),
      { numRuns: 500 },
    );
  });
});
