import { DynamoDBServiceException, ProvisionedThroughputExceededException } from '@aws-sdk/client-dynamodb';
import { QueueDoesNotExist, RequestThrottled } from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, it } from 'vitest';
import { get, JOB, KEY, MOST_BYTES, OTHER_KEY, post, REQUEST, type Setup, setUp } from './testing/requests.ts';

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

describe('readiness', () => {
  it('looks at every part, without a key', async () => {
    const parts = { clients: 'ready', registry: 'ready', jobs: 'ready' };
    const answer = await app.inject({ url: '/health/ready' });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ status: 'ready', timestamp: '2024-01-31T10:00:00Z', parts });
    expect(memory.calls.toSorted()).toEqual(['clients.find', 'jobs.get', 'registry.get']);
  });

  it.each([
    ['clients', 'clients.find'],
    ['registry', 'registry.get'],
    ['jobs', 'jobs.get'],
  ])('is 503 without %s, and says no more than that', async (part, call) => {
    memory.fail = (one) => (one === call ? new Error('table arn:aws:secret is on fire') : undefined);
    const answer = await app.inject({ url: '/health/ready' });
    const parts = { clients: 'ready', registry: 'ready', jobs: 'ready', [part]: 'unavailable' };
    expect(answer.json()).toEqual({ status: 'unavailable', timestamp: '2024-01-31T10:00:00Z', parts });
    expect(answer.statusCode).toBe(503);
    expect(lines.join('')).not.toContain('fire');
  });
});

describe('a key', () => {
  const paths = [
    ['POST', '/process/window-level'],
    ['GET', '/jobs/job-1'],
    ['HEAD', '/jobs/job-1'],
    ['DELETE', '/jobs/job-1'],
    ['GET', '/jobs/job-1/results/result-0001.dcm'],
    ['POST', '/ws/tickets'],
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
    ['POST', '/jobs/job-1', 'GET, HEAD, DELETE'],
    ['DELETE', '/jobs/job-1/results/x', 'GET, HEAD'],
    ['PATCH', '/jobs/job-1/results/x', 'GET, HEAD'],
    ['GET', '/process/window-level', 'POST'],
    ['GET', '/ws/tickets', 'POST'],
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
    '/process',
    '/ws',
    '/process/window-level/',
    '/health/',
    '/health/live',
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

  it('shows how far it is while it runs, and no more of that when it is over', async () => {
    await post(app, REQUEST);
    memory.change(JOB, { state: 'running', open_state: 'running', progress: 0.42 });
    expect((await get(app, '/jobs/job-1')).json()).toMatchObject({ state: 'running', progress: 0.42 });
    expect((await get(app, '/jobs')).json()).toMatchObject({ jobs: [{ job_id: 'job-1', progress: 0.42 }] });
    await app.inject({ method: 'DELETE', url: '/jobs/job-1', headers: { 'x-api-key': KEY } });
    expect((await get(app, '/jobs/job-1')).json()).not.toHaveProperty('progress');
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
      error: { code: 'delivery-refused', message: 'The PACS hospital did not take 1 of 1 results.' },
      pacs_delivery: { pacs: 'hospital', state: 'failed', stored: 0, failed: 1, reason: '0xC000' },
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
      error: { code: 'delivery-refused', message: 'The PACS hospital did not take 1 of 1 results.' },
      pacs_delivery: { pacs: 'hospital', state: 'failed', stored: 0, failed: 1, reason: '0xC000' },
      admission: { state: 'checked', warnings: [] },
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
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
