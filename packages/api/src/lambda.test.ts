import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { handlerOf } from './lambda-handler.ts';
import { KEY, REQUEST, type Setup, setUp } from './testing/requests.ts';

let { app, memory }: Setup = setUp();
beforeEach(() => {
  ({ app, memory } = setUp());
});

/** An event as HTTP APIs send it, https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
function event(
  method: string,
  rawPath: string,
  more: { body?: string; isBase64Encoded?: boolean; query?: Record<string, string>; headers?: object } = {},
) {
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: new URLSearchParams(more.query).toString(),
    headers: { 'x-api-key': KEY, 'content-type': 'application/json', ...more.headers },
    ...(more.query && { queryStringParameters: more.query }),
    requestContext: { http: { method, path: rawPath, sourceIp: '192.0.2.1' }, requestId: 'request', stage: '$default' },
    ...(more.body !== undefined && { body: more.body }),
    isBase64Encoded: more.isBase64Encoded ?? false,
  };
}

const call = (...given: Parameters<typeof event>) => handlerOf(app)(event(...given), {});

describe('the Lambda handler', () => {
  it('takes an event and gives its answer', async () => {
    const answer = await call('POST', '/process/window-level', { body: JSON.stringify(REQUEST) });
    expect(answer).toMatchObject({ statusCode: 202, headers: { location: '/jobs/job-1' }, isBase64Encoded: false });
    expect(JSON.parse(answer.body)).toMatchObject({ job_id: 'job-1', state: 'queued' });
  });

  it('decodes a body in base64', async () => {
    const body = Buffer.from(JSON.stringify(REQUEST)).toString('base64');
    expect(await call('POST', '/process/window-level', { body, isBase64Encoded: true })).toMatchObject({ statusCode: 202 });
  });

  it.each([{}, { body: '' }])('answers 400 to the empty body %j', async (more) => {
    expect(await call('POST', '/process/window-level', more)).toMatchObject({ statusCode: 400 });
  });

  it('reads the query', async () => {
    await call('POST', '/process/window-level', { body: JSON.stringify(REQUEST) });
    memory.change(
      { client_id: 'clinic-a', job_id: 'job-1' },
      { state: 'succeeded', results: [{ name: 'a.dcm', key: 'k', media_type: 'm/m', size: 1, sha256: '' }] },
    );
    expect(await call('GET', '/jobs/job-1/results/a.dcm', { query: { redirect: 'false' } })).toMatchObject({ statusCode: 200 });
    expect(await call('GET', '/jobs/job-1/results/a.dcm')).toMatchObject({ statusCode: 302, headers: { location: expect.any(String) } });
  });

  it('gives every answer its own request id, whatever the client claims', async () => {
    const answer = await call('GET', '/health', { headers: { 'x-request-id': 'mine' } });
    expect(answer.headers?.['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each(['FOO', 'get', '', 'GET /'])('answers 405 to the method %j', async (method) => {
    expect(await call(method, '/health')).toMatchObject({ statusCode: 405 });
  });

  // The paths come decoded, so anything can be in them.
  it.each([
    '',
    '/',
    '//',
    '///x',
    '/%',
    '/%zz',
    '/\\\\a',
    'http://evil/nothing',
    '?',
    'process',
    '/ /',
    '/jobs/%2e%2e',
    '/a?b=c#d',
    '/\ud800',
  ])('has nothing at %j', async (path) => {
    const answer = await call('GET', path);
    expect([400, 404]).toContain(answer.statusCode);
    expect(answer.headers?.['content-type']).toBe('application/problem+json');
  });

  it('never fails on a path or a header', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    const header = fc.record(
      { 'x-api-key': text, host: text, 'content-length': text, 'content-encoding': text, 'transfer-encoding': text },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(text, header, fc.option(text, { nil: undefined }), async (path, headers, body) => {
        const answer = await call('POST', `/process/${path}`, { headers, ...(body !== undefined && { body }) });
        expect(answer.statusCode).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
  });
});
