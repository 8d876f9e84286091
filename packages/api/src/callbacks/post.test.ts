/** What leaves this machine for a callback, and what does not: names that lie, redirects, servers that are slow or endless. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type PostOptions, post } from './post.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const LETTER = { headers: { 'content-type': 'application/json', 'webhook-id': 'evt_1' }, body: '{"a":1}' };

/** @returns its port, and the requests that reached it. */
async function serve(listener: RequestListener = (_request, response) => response.writeHead(204).end()) {
  const reached: { method?: string | undefined; url?: string | undefined; host?: string | undefined; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).map(String).join('');
    reached.push({ method: request.method, url: request.url, host: request.headers.host, body });
    listener(request, response);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, reached };
}

/** Allows this machine under one name alone. */
const here = (more: Partial<PostOptions> = {}): PostOptions => ({
  allowed: ['inside.example'],
  resolve: async () => ['127.0.0.1'],
  ...more,
});

describe('a callback', () => {
  it('is posted to the address that the name had, under the name', async () => {
    const { port, reached } = await serve();
    expect(await post(`http://inside.example:${port}/mip?room=1`, LETTER, here())).toEqual({ status: 204 });
    expect(reached).toEqual([{ method: 'POST', url: '/mip?room=1', host: `inside.example:${port}`, body: '{"a":1}' }]);
  });

  it.each([200, 302, 303, 400, 410, 503])('is answered %i, and that is told', async (status) => {
    const { port } = await serve((_request, response) => response.writeHead(status, { location: '/elsewhere' }).end());
    expect(await post(`http://inside.example:${port}/`, LETTER, here())).toEqual({ status });
  });

  it.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1'])(
    'whose name has the address %s is not made',
    async (address) => {
      const { port, reached } = await serve();
      const options = { allowed: [], resolve: async () => [address] };
      expect(await post(`https://viewer.example:${port}/`, LETTER, options)).toEqual({ reason: 'refused-address' });
      expect(reached).toEqual([]);
    },
  );

  it('whose name has a private address beside a public one is not made', async () => {
    const options = { allowed: [], resolve: async () => ['93.184.215.14', '10.0.0.1'] };
    expect(await post('https://viewer.example/', LETTER, options)).toEqual({ reason: 'refused-address' });
  });

  it('goes to the address that was looked at, though the name has another one a moment later', async () => {
    const [right, wrong] = [await serve(), await serve()];
    let asked = 0;
    // The first answer is refused or pinned; whoever asked twice would get the second.
    const resolve = async () => (asked++ === 0 ? ['127.0.0.1'] : ['127.0.0.2']);
    expect(await post(`http://inside.example:${right.port}/`, LETTER, here({ resolve }))).toEqual({ status: 204 });
    expect([asked, right.reached.length, wrong.reached.length]).toEqual([1, 1, 0]);
  });

  it('that is rebound to this machine after a first public answer is still refused at the next try', async () => {
    const { port, reached } = await serve();
    const answers = [['93.184.215.14'], ['127.0.0.1']];
    const options = { allowed: [], resolve: async () => answers.shift() ?? [], milliseconds: 300 };
    expect(await post(`https://viewer.example:${port}/`, LETTER, options)).toEqual({ reason: 'no-answer' });
    expect(await post(`https://viewer.example:${port}/`, LETTER, options)).toEqual({ reason: 'refused-address' });
    expect(reached).toEqual([]);
  });
});

describe('a redirect', () => {
  it.each([307, 308])('with %i is followed, with the method and the body', async (status) => {
    const last = await serve();
    const location = `http://inside.example:${last.port}/there`;
    const first = await serve((_request, response) => response.writeHead(status, { location }).end());
    expect(await post(`http://inside.example:${first.port}/`, LETTER, here())).toEqual({ status: 204 });
    expect(last.reached).toMatchObject([{ method: 'POST', url: '/there', body: '{"a":1}' }]);
  });

  it.each([
    ['to an address of this machine', (port: number) => `http://127.0.0.1:${port}/`],
    ['to the same in IPv6', (port: number) => `http://[::ffff:127.0.0.1]:${port}/`],
    ['to a name that has it', (port: number) => `https://other.example:${port}/`],
    ['to a name that may only be https', (port: number) => `http://other.example:${port}/`],
    ['to the metadata service', () => 'http://169.254.169.254/latest/meta-data/'],
    ['with a password', (port: number) => `http://a:b@inside.example:${port}/`],
    ['to another scheme', () => 'file:///etc/passwd'],
    ['to nowhere', () => 'http://'],
  ])('%s is not followed', async (_what, to) => {
    const last = await serve();
    const first = await serve((_request, response) => response.writeHead(307, { location: to(last.port) }).end());
    const answer = await post(`http://inside.example:${first.port}/`, LETTER, here());
    expect(answer).toMatchObject({ reason: 'redirect-refused' });
    expect(last.reached).toEqual([]);
  });

  it('is followed three times at most', async () => {
    const { port, reached } = await serve((request, response) => response.writeHead(307, { location: `${request.url}x` }).end());
    expect(await post(`http://inside.example:${port}/`, LETTER, here())).toEqual({ reason: 'redirect-refused', status: 307 });
    expect(reached.map(({ url }) => url)).toEqual(['/', '/x', '/xx', '/xxx']);
  });
});

describe('a server', () => {
  it.each<[string, RequestListener]>([
    ['that never answers', () => undefined],
    ['that cuts the connection', (request) => request.socket.destroy()],
    ['that answers something else than HTTP', (request) => request.socket.end('SSH-2.0\r\n')],
  ])('%s is no answer', async (_what, listener) => {
    const { port } = await serve(listener);
    expect(await post(`http://inside.example:${port}/`, LETTER, here({ milliseconds: 300 }))).toEqual({ reason: 'no-answer' });
  });

  it('that answers without an end is read no further, and its status holds', async () => {
    let sent = 0;
    const { port } = await serve((_request, response) => {
      response.writeHead(200);
      const more = () => {
        while (sent < 100_000_000 && response.write('x'.repeat(65_536))) sent += 65_536;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    expect(await post(`http://inside.example:${port}/`, LETTER, here({ milliseconds: 3000 }))).toEqual({ status: 200 });
    expect(sent).toBeLessThan(20_000_000);
  });

  it.each<[string, Partial<PostOptions>]>([
    ['no name', { resolve: async () => Promise.reject(new Error('ENOTFOUND')) }],
    ['a name without an address', { resolve: async () => [] }],
    ['a name that is never resolved', { resolve: () => new Promise(() => undefined), milliseconds: 100 }],
  ])('with %s is no answer', async (_what, options) => {
    expect(await post('http://inside.example/', LETTER, here(options))).toEqual({ reason: 'no-answer' });
  });
});
