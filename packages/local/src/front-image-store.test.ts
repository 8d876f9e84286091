/** What the front does for `/dicomweb`, before a server of this test's own. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import getPort from 'get-port';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Front, startFront } from './front.ts';

const MEBIBYTE = 1024 * 1024;

let front: Front;
/** Where the image store is at the moment. */
let port: number | undefined;
const servers: Server[] = [];

beforeEach(async () => {
  const endpoint = `http://127.0.0.1:${await getPort({ host: '127.0.0.1' })}`; // no router
  front = await startFront({ port: await getPort({ host: '127.0.0.1' }), endpoint, apiId: 'abc123', imageStore: () => port });
});
afterEach(async () => {
  await front.stop();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  port = undefined;
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<void> {
  const server = createServer((incoming, response) => void answer(incoming, response)).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
}

/** A POST of which the test decides when its body goes on. */
function post(headers: Record<string, string> = {}) {
  const outgoing = request(`${front.url}/dicomweb/studies`, { method: 'POST', headers });
  outgoing.on('error', () => undefined);
  return outgoing;
}

describe('the front passes to the image store', () => {
  test.each(['/dicomweb', '/dicomweb/studies?PatientID=a%20b&limit=1', '/dicomweb/studies/1.2/series/3.4%2F5'])(
    '%s as it came, with the host that the client asked for',
    async (path) => {
      await serve(({ url, headers }, response) => response.end(JSON.stringify({ url, host: headers.host, key: headers['x-api-key'] })));
      const answer = await fetch(front.url + path, { headers: { 'x-api-key': 'mip_k' } });
      expect(await answer.json()).toEqual({ url: path, host: new URL(front.url).host, key: 'mip_k' });
    },
  );

  test('nothing that only begins alike', async () => {
    await serve((_, response) => response.end('image store'));
    const answer = await fetch(`${front.url}/dicomwebs`);
    expect(answer.status).toBe(503); // the router, which is not there
  });

  test.each([
    ['a length', { 'content-length': String(32 * MEBIBYTE) }],
    ['no length', {}],
  ] as const)('a body of 32 MiB with %s: more than a Lambda takes', async (_, headers) => {
    await serve(async (incoming, response) => {
      let bytes = 0;
      for await (const chunk of incoming) bytes += chunk.length;
      response.end(String(bytes));
    });
    const outgoing = post(headers);
    for (let written = 0; written < 32; written++) if (!outgoing.write(Buffer.alloc(MEBIBYTE))) await once(outgoing, 'drain');
    outgoing.end();
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect((await answer.setEncoding('utf8').toArray()).join('')).toBe(String(32 * MEBIBYTE));
  });

  test('the start of a body before its end is sent, and the start of an answer before its end is made', async () => {
    let finish = () => {};
    await serve(async (incoming, response) => {
      const [first] = await once(incoming, 'data');
      response.write(first);
      finish = () => response.end('end');
    });
    const outgoing = post();
    outgoing.write('start');
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]; // while the request is still open
    const [first] = await once(answer, 'data');
    expect(String(first)).toBe('start');
    finish();
    const [last] = await once(answer, 'data');
    expect(String(last)).toBe('end');
    outgoing.end();
  });

  test('a client that asks first whether it may send, as curl does with a large file', async () => {
    await serve(async (incoming, response) => response.end((await incoming.setEncoding('utf8').toArray()).join('')));
    const outgoing = post({ expect: '100-continue' });
    outgoing.flushHeaders();
    await once(outgoing, 'continue');
    outgoing.end('pixels');
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect([answer.statusCode, (await answer.setEncoding('utf8').toArray()).join('')]).toEqual([200, 'pixels']);
  });

  test('that a client went away in the middle of its body', async () => {
    const gone = new Promise<boolean>((resolve) => {
      void serve((incoming) => incoming.on('close', () => resolve(!incoming.complete)).resume());
    });
    await expect.poll(() => port).toBeDefined();
    const outgoing = post({ 'content-length': '1000' });
    outgoing.write('half', () => setTimeout(() => outgoing.destroy(), 50));
    expect(await gone).toBe(true);
  });

  test('that a client went away in the middle of an answer', async () => {
    const gone = new Promise<boolean>((resolve) => {
      void serve((_, response) => {
        response.on('close', () => resolve(!response.writableFinished));
        response.write('half');
      });
    });
    await expect.poll(() => port).toBeDefined();
    const leave = new AbortController();
    const answer = await fetch(`${front.url}/dicomweb/studies`, { signal: leave.signal });
    await answer.body?.getReader().read();
    leave.abort();
    expect(await gone).toBe(true);
  });
});

describe('the front answers', () => {
  test('503 at once as long as no image store runs', async () => {
    const answer = await fetch(`${front.url}/dicomweb/studies`);
    expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('content-type')]).toEqual([
      503,
      '1',
      expect.stringContaining('application/problem+json'),
    ]);
    expect(await answer.json()).toMatchObject({ detail: 'The image store is starting or has stopped. Try again in a moment.' });
  });

  test('503 while its process does not listen yet, and follows it to another port', async () => {
    port = await getPort({ host: '127.0.0.1' });
    expect((await fetch(`${front.url}/dicomweb/health`)).status).toBe(503);
    await serve((_, response) => response.end('first'));
    expect(await (await fetch(`${front.url}/dicomweb/health`)).text()).toBe('first');
    await serve((_, response) => response.end('second'));
    expect(await (await fetch(`${front.url}/dicomweb/health`)).text()).toBe('second');
  });

  test("the image store's own 503, without asking it again", async () => {
    let asked = 0;
    await serve((_, response) => {
      asked++;
      response.writeHead(503, { 'retry-after': '7', 'content-type': 'application/problem+json' }).end('{"title":"S3"}');
    });
    const answer = await fetch(`${front.url}/dicomweb/studies`);
    expect([answer.status, answer.headers.get('retry-after'), await answer.json(), asked]).toEqual([503, '7', { title: 'S3' }, 1]);
  });

  test.each(['/dicomweb/..%2fjobs', '/dicomweb/studies/..%5c..%5cjobs', '/dicomweb/%2e%2e/%2e%2e/jobs'])(
    '%s, which climbs, without an error of its own',
    async (path) => {
      await serve((_, response) => response.writeHead(404).end());
      const outgoing = request(front.url, { path }).end();
      const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
      expect([400, 404, 503]).toContain(answer.statusCode); // 503: the router's paths, and here is none
      const text = (await answer.setEncoding('utf8').toArray()).join('');
      if (answer.statusCode === 400) expect(JSON.parse(text)).toMatchObject({ type: 'about:blank', status: 400 });
    },
  );
});
