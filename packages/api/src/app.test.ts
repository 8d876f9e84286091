import { DynamoDBServiceException, ProvisionedThroughputExceededException } from '@aws-sdk/client-dynamodb';
import { QueueDoesNotExist, RequestThrottled } from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { get, JOB, KEY, MOST_BYTES, OTHER_KEY, PACS, post, REQUEST, type Setup, setUp } from './testing/requests.ts';

let { app, memory, lines }: Setup = setUp();
beforeEach(() => {
  ({ app, memory, lines } = setUp());
});

const metadata = { $metadata: {}, message: 'm' };

describe('health', () => {
  it.each(['GET', 'HEAD'] as const)('answers to %s without a key', async (method) => {
    const answer = await app.inject({ method, url: '/health' });
    expect(answer.statusCode).toBe(200);
    if (method === 'GET') expect(answer.json()).toEqual({ status: 'healthy', timestamp: '2024-01-31T10:00:00Z' });
  });
});

describe('a key', () => {
  const paths = [
    ['POST', '/process/window-level'],
    ['GET', '/jobs/job-1'],
    ['HEAD', '/jobs/job-1'],
    ['GET', '/jobs/job-1/results/result-0001.dcm'],
  ] as const;
  it.each(paths)('is needed for %s %s', async (method, url) => {
    for (const headers of [
      {},
      { 'x-api-key': '' },
      { 'x-api-key': 'mip_short' },
      { 'x-api-key': `${KEY.slice(0, -1)}c` },
      { authorization: `Bearer ${KEY}` },
    ]) {
      const answer = await app.inject({ method, url, headers });
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toBeDefined();
    }
    expect(memory.calls.filter((call) => call !== 'clients.find')).toEqual([]);
  });

  it('that is wrong is told before anything about the body', async () => {
    expect((await post(app, '{', { headers: { 'x-api-key': 'no' } })).statusCode).toBe(401);
    expect((await post(app, 'x'.repeat(MOST_BYTES + 1), { headers: { 'x-api-key': 'no' } })).statusCode).toBe(401);
  });
});

describe('a request that cannot be read', () => {
  it.each<[string, string | Buffer, Record<string, string>, number]>([
    ['an empty body', '', {}, 400],
    ['broken JSON', '{', {}, 400],
    ['two values', '{}{}', {}, 400],
    ['a NaN', '{"job_id":NaN}', {}, 400],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00]), {}, 400],
    ['a body compressed without a word', Buffer.from('H4sIAAAAAAAA/6uuBQBDv6ajAgAAAA==', 'base64'), {}, 400],
    ['a member that would change prototypes', '{"__proto__":{"x":1}}', {}, 400],
    ['text', '{}', { 'content-type': 'text/plain' }, 415],
    ['a form', 'job_id=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['DICOM', 'DICM', { 'content-type': 'application/dicom' }, 415],
    ['a content type that is none', '{}', { 'content-type': 'nonsense' }, 415],
    ['one byte too many', 'x'.repeat(MOST_BYTES + 1), {}, 413],
  ])('%s', async (_what, body, headers, status) => {
    const answer = await post(app, body, { headers });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({ type: 'about:blank', status, instance: expect.stringMatching(/^urn:uuid:/) });
    expect(memory.calls).toEqual(['clients.find']);
  });

  it('no body and no type is 400', async () => {
    const answer = await app.inject({ method: 'POST', url: '/process/window-level', headers: { 'x-api-key': KEY } });
    expect(answer.statusCode).toBe(400);
  });

  it('the largest body is read', async () => {
    const body = JSON.stringify(REQUEST);
    expect((await post(app, body + ' '.repeat(MOST_BYTES - body.length))).statusCode).toBe(202);
  });
});

describe('paths and methods', () => {
  it.each([
    ['PUT', '/health', 'GET, HEAD'],
    ['POST', '/jobs/job-1', 'GET, HEAD'],
    ['DELETE', '/jobs/job-1', 'GET, HEAD'],
    ['PATCH', '/jobs/job-1/results/x', 'GET, HEAD'],
    ['GET', '/process/window-level', 'POST'],
    ['HEAD', '/process/window-level', 'POST'],
    ['OPTIONS', '/process/window-level', 'POST'],
  ] as const)('%s %s is 405 with Allow', async (method, url, allow) => {
    const withBody = method === 'PUT' || method === 'PATCH' ? { payload: 'x', headers: { 'content-type': 'text/plain' } } : {};
    const answer = await app.inject({ method, url, ...withBody });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe(allow);
  });

  it.each([
    '/',
    '/jobs',
    '/process',
    '/process/window-level/',
    '/health/',
    '/jobs/job-1/results',
    '/jobs/job-1/results/a/b',
    '/admin',
    '/..',
  ])('%s is 404', async (url) => {
    for (const method of ['GET', 'POST'] as const) {
      const answer = await app.inject({ method, url, headers: { 'x-api-key': KEY } });
      expect(answer.statusCode).toBe(404);
      expect(answer.headers['content-type']).toBe('application/problem+json');
    }
  });

  it('a path that cannot be decoded is 400', async () => {
    expect((await get(app, '/jobs/%ff')).statusCode).toBe(400);
  });

  it.each(['../job', 'job 1', 'job-1\0', '.', 'x'.repeat(65), '%2e%2e%2f', '__proto__'])('the job %j is 404 without a look', async (id) => {
    expect((await get(app, `/jobs/${encodeURIComponent(id)}`)).statusCode).toBe(404);
    expect(memory.calls).not.toContain('jobs.get');
  });
});

describe('a job', () => {
  it('is seen by its client only', async () => {
    await post(app, REQUEST);
    expect((await get(app, '/jobs/job-1')).json()).toMatchObject({ job_id: 'job-1', state: 'queued' });
    expect((await get(app, '/jobs/job-1', OTHER_KEY)).statusCode).toBe(404);
    expect((await get(app, '/jobs/job-2')).statusCode).toBe(404);
  });

  it('shows what ran, what came out, and nothing of the patient', async () => {
    await post(app, REQUEST);
    memory.change(JOB, {
      state: 'failed',
      attempts: 2,
      ran_version: '1.2.1',
      image_digest: `sha256:${'1'.repeat(64)}`,
      started_at: '2024-01-31T10:00:01.000Z',
      finished_at: '2024-01-31T10:00:02.000Z',
      error: { code: 'invalid-input', message: 'The image has 32 bits.' },
    });
    const answer = await get(app, '/jobs/job-1');
    expect(answer.json()).toEqual({
      job_id: 'job-1',
      algorithm: 'window-level',
      version: '1.2.0',
      ran_version: '1.2.1',
      image_digest: `sha256:${'1'.repeat(64)}`,
      state: 'failed',
      attempts: 2,
      accepted_at: '2024-01-31T10:00:00.000Z',
      queued_at: '2024-01-31T10:00:00.000Z',
      started_at: '2024-01-31T10:00:01.000Z',
      finished_at: '2024-01-31T10:00:02.000Z',
      error: { code: 'invalid-input', message: 'The image has 32 bits.' },
      results: [],
    });
    expect(answer.headers['cache-control']).toBe('no-store');
  });
});

describe('when a part does not answer', () => {
  it.each([
    ['the table is throttled', 'jobs.accept', new ProvisionedThroughputExceededException(metadata)],
    [
      'the table is out of order',
      'registry.get',
      new DynamoDBServiceException({ name: 'InternalServerError', $fault: 'server', ...metadata }),
    ],
    ['the clients cannot be read', 'clients.find', Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' })],
    ['the queue is throttled', 'requests.send', new RequestThrottled(metadata)],
    ['the queue is not there yet', 'requests.send', new QueueDoesNotExist(metadata)],
    ['the queue takes too long', 'requests.send', Object.assign(new Error('slow'), { name: 'TimeoutError' })],
  ])('%s: 503, with the time to come back', async (_what, call, error) => {
    memory.fail = (name) => (name === call ? error : undefined);
    const answer = await post(app, REQUEST);
    expect(answer.statusCode).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    memory.fail = () => undefined;
    expect((await post(app, REQUEST)).statusCode).toBe(202);
  });

  it('an unforeseen error is a 500 that tells nothing, and one line that says where', async () => {
    memory.fail = (name) => (name === 'registry.get' ? new TypeError('secret 1.2.3') : undefined);
    const answer = await post(app, REQUEST);
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toMatch(/secret|1\.2\.3|TypeError/);
    const errors = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'error');
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ error: { name: 'TypeError', frames: expect.any(Array) } });
    expect(answer.json().instance).toBe(`urn:uuid:${errors[0].request_id}`);
  });
});

describe('the log', () => {
  it('has one line for a request, with its route and the key of its job', async () => {
    const answer = await post(app, REQUEST);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/Z$/),
        request_id: answer.headers['x-request-id'],
        method: 'POST',
        route: '/process/:name',
        status: 202,
        milliseconds: expect.any(Number),
        client_id: 'clinic-a',
        job_key: expect.stringMatching(/^[0-9a-f]{32}$/),
        message: 'request',
      },
    ]);
  });

  it('never holds UIDs, parameters, keys, ids of jobs or other words of the client, whatever goes wrong', async () => {
    const canaries = {
      study: '1.9.77001',
      series: '1.9.77002',
      instance: '1.9.77003',
      job: 'CANARY-JOB',
      text: 'CANARY-TEXT',
      key: `mip_CANARY${'k'.repeat(37)}`,
    };
    const pacs = { study_uid: canaries.study, series_uid: canaries.series, instance_uid: canaries.instance };
    const body = { job_id: canaries.job, pacs, parameters: { note: canaries.text } };
    const url = `/process/window-level?patient=${canaries.text}`;
    const headers = { 'x-request-id': canaries.text, 'user-agent': canaries.text, traceparent: canaries.text };
    const echo = Object.assign(new Error(JSON.stringify(body)), { name: 'ValidationException', input: body });
    for (const failing of ['', 'clients.find', 'registry.get', 'jobs.accept', 'requests.send', 'jobs.markQueued', 'jobs.get']) {
      memory.fail = (name) => (name === failing ? echo : undefined);
      await post(app, body, { url, headers });
      await post(app, { ...body, [canaries.text]: 1, pacs: { ...pacs, study_uid: `${canaries.study}x` } }, { url, headers });
      await post(app, { ...body, parameters: {} }, { url, headers });
      await post(app, `{"PatientName": "${canaries.text}`, { url, headers });
      await post(app, body, { url, headers: { ...headers, 'x-api-key': canaries.key } });
      await get(app, `/jobs/${canaries.job}`);
      await get(app, `/jobs/${canaries.job}/results/${canaries.text}`);
      await get(app, `/${canaries.text}/${canaries.study}`);
      await get(app, `/jobs/%ff${canaries.text}`);
      await get(app, `/jobs/${canaries.text.repeat(50)}`);
      await app.inject({ method: 'PUT', url: `/jobs/${canaries.job}`, payload: canaries.text });
    }
    const log = lines.join('');
    expect(lines.length).toBeGreaterThan(60);
    expect(Object.values(canaries).filter((canary) => log.includes(canary))).toEqual([]);
    expect(log).not.toContain(KEY);
  });
});

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
        client_id: value,
      },
      { requiredKeys: ['job_id'] },
    );
    await fc.assert(
      fc.asyncProperty(body, async (one) => noServerError((await post(app, one)).statusCode)),
      { numRuns: 500 },
    );
  });

  it.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
    ['parameters', '{"parameters":', '}'],
  ])('%s nested as deep as a body can be are no 5xx', async (_what, open, close) => {
    const { app } = setUp(1_000_000);
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
