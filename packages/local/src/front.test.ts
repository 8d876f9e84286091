import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Front, startFront } from './front.ts';

describe('the front', () => {
  let emulator: Server;
  let endpoint: string;
  let front: Front;

  beforeAll(async () => {
    emulator = createServer(echo).listen(0, '127.0.0.1');
    await new Promise((resolve) => emulator.once('listening', resolve));
    endpoint = `http://127.0.0.1:${(emulator.address() as AddressInfo).port}`;
    front = await startFront({ port: await getPort({ host: '127.0.0.1' }), endpoint, apiId: 'abc123', imageStore: () => undefined });
  });
  afterAll(async () => {
    await front.stop();
    emulator.close();
  });

  test.each([
    ['/', '/_aws/execute-api/abc123/$default/'],
    ['/jobs/a-1?since=x&since=y', '/_aws/execute-api/abc123/$default/jobs/a-1?since=x&since=y'],
    ['/process/grayscale@1.0.0', '/_aws/execute-api/abc123/$default/process/grayscale@1.0.0'],
    ['/jobs/a%2Fb/results/', '/_aws/execute-api/abc123/$default/jobs/a%2Fb/results/'],
    ['/$default/jobs', '/_aws/execute-api/abc123/$default/$default/jobs'],
  ])('%s goes to the router as it came', async (path, arrived) => {
    const { url } = (await (await fetch(front.url + path)).json()) as { url: string };
    expect(url).toBe(arrived);
  });

  test.each(['GET', 'POST', 'PATCH', 'DELETE', 'PUT', 'OPTIONS'])('%s passes with its headers and body', async (method) => {
    const body = method === 'GET' ? null : '{"pixel":"\u00e9"}';
    const seen = await (
      await fetch(front.url, { method, body, headers: { 'x-api-key': 'mip_k', 'content-type': 'application/json' } })
    ).json();
    expect(seen).toMatchObject({ method, body: body ?? '', headers: { 'x-api-key': 'mip_k', host: new URL(front.url).host } });
  });

  test.each(['/jobs/a-1', 'http://127.0.0.1:9/bucket/key?X-Amz-Signature=a%2Bb', '/_aws/execute-api/abc123/$default/x'])(
    'Location %s comes back untouched',
    async (location) => {
      const response = await fetch(`${front.url}/redirect?to=${encodeURIComponent(location)}`, { redirect: 'manual' });
      expect([response.status, response.headers.get('location')]).toEqual([302, location]);
    },
  );

  test('a body of 6 MiB passes, one byte more is refused as a problem', async () => {
    const limit = 6 * 1024 * 1024; // Lambda's, see limits.ts
    const passed = await fetch(front.url, { method: 'POST', body: 'x'.repeat(limit), headers: { 'content-type': 'text/plain' } });
    expect(((await passed.json()) as { body: string }).body).toHaveLength(limit);
    const refused = await fetch(front.url, { method: 'POST', body: 'x'.repeat(limit + 1), headers: { 'content-type': 'text/plain' } });
    expect([refused.status, refused.headers.get('content-type')]).toEqual([413, expect.stringContaining('application/problem+json')]);
  });

  test('a busy port is told in a sentence that says what to do', async () => {
    const port = Number(new URL(front.url).port);
    await expect(startFront({ port, endpoint, apiId: 'abc123', imageStore: () => undefined })).rejects.toThrow(
      `Port ${port} is in use: stop the program that uses it, or set MIP_PORT to another port.`,
    );
  });

  test('without the emulator it answers 503 as a problem', async () => {
    const nobody = `http://127.0.0.1:${await getPort({ host: '127.0.0.1' })}`;
    const alone = await startFront({
      port: await getPort({ host: '127.0.0.1' }),
      endpoint: nobody,
      apiId: 'abc123',
      imageStore: () => undefined,
    });
    const response = await fetch(`${alone.url}/health`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await response.json()).toMatchObject({ status: 503, title: 'Service Unavailable' });
    await alone.stop();
  });
});

/** Answers with what arrived, or redirects to `?to=`. */
async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const to = new URL(request.url ?? '', 'http://x').searchParams.get('to');
  if (to !== null) return void response.writeHead(302, { location: to }).end();
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { method, url, headers } = request;
  response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
}
