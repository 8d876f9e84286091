/** Whoever stops half-way without leaving: clients that send or take no more, an S3 that connects and says nothing, and a store that ends. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { type AppOptions, createImageStore } from './app.ts';
import { type AwsOptions, awsPorts } from './aws.ts';
import { EmulatedPlace } from './testing/emulated.ts';
import { ServerProcess } from './testing/server-process.ts';
import { MULTIPART, multipart, slice, uidsOf } from './testing/slices.ts';

const MIB = 1024 * 1024;
let emulator: TestEmulator;
let place: EmulatedPlace;
const apps: FastifyInstance[] = [];

beforeAll(async () => {
  emulator = await openEmulator();
  place = await EmulatedPlace.make(emulator.connection);
});
afterAll(async () => {
  for (const app of apps) await app.close();
  await emulator.stop();
});

async function serve(options: Partial<AppOptions> = {}, aws: Partial<AwsOptions> = {}, ports = {}): Promise<number> {
  const { imagesKey, workersKey, scope } = place;
  const own = { ...awsPorts(scope, { imagesKey, connection: emulator.connection, ...aws }), ...ports };
  const app = createImageStore(own, { imagesKey, workersKey, maxInstanceBytes: 200 * MIB, logLevel: 'silent', ...options });
  apps.push(app);
  return Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port);
}

/** A client of which one knows what it sent, what it was answered, and whether it was cut off. */
async function opened(port: number, text = ''): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return socket;
}

const closed = (socket: Socket) => Promise.race([once(socket, 'close').then(() => 'closed'), sleep(8000, 'open')]);
const head = (method: string, path: string, headers: readonly string[] = []) =>
  [`${method} /dicomweb${path} HTTP/1.1`, 'host: store', `x-api-key: ${place.key}`, ...headers, '', ''].join('\r\n');

async function store(port: number, ...files: readonly Buffer[]): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/dicomweb/studies`, {
    method: 'POST',
    headers: { 'x-api-key': place.key, 'content-type': MULTIPART, connection: 'close' },
    body: new Uint8Array(multipart(...files)),
  });
  await answer.arrayBuffer();
  return answer.status;
}

const path = (options: Parameters<typeof uidsOf>[0]) => {
  const { study, series, instance } = uidsOf(options);
  return `/studies/${study}/series/${series}/instances/${instance}`;
};

describe('a client that sends no more, and stays', () => {
  it('is cut off; its place is free, and nothing is left of what it sent', async () => {
    // Long enough for the one that does send, on a machine that is busy.
    const port = await serve({ idleSeconds: 3 });
    const body = multipart(slice({ study: 1, instance: 1, pixels: 12 * MIB }));
    // As many as are served at once, each with an upload in parts that has begun.
    const stalled = await Promise.all(
      Array.from({ length: 6 }, () =>
        opened(port, head('POST', '/studies', [`content-type: ${MULTIPART}`, `content-length: ${body.length}`])),
      ),
    );
    for (const socket of stalled) socket.write(body.subarray(0, 11 * MIB));
    for (const socket of stalled) socket.resume();
    const served = store(port, slice({ study: 2, instance: 2 }));
    expect(await Promise.all(stalled.map(closed))).toEqual(Array(6).fill('closed'));
    expect(await served).toBe(200);
    await expect.poll(() => place.uploads(), { timeout: 5000 }).toEqual([]);
    await expect.poll(async () => (await place.keys()).length, { timeout: 5000 }).toBe(1);
    expect((await place.rows()).map(({ row }) => String(row).split('/')[0]).sort()).toEqual(['instance', 'series', 'study']);
  });

  it('is cut off also where it sends one file', async () => {
    const port = await serve({ idleSeconds: 1 });

    const single = await opened(port, head('POST', '/studies', ['content-type: application/dicom', 'content-length: 1000']));
    single.resume();
    expect(await closed(single)).toBe('closed');
  });

  it('is not: whoever sends slowly, or waits for a store that is slow', async () => {
    const slow = { find: async (...[key]: [string]) => sleep(2500, key === place.key ? { client_id: 'slow', created_at: '' } : undefined) };
    const port = await serve({ idleSeconds: 1 }, {}, { clients: slow });
    const body = multipart(slice({ study: 3, instance: 3 }));
    const socket = await opened(port, head('POST', '/studies', [`content-type: ${MULTIPART}`, `content-length: ${body.length}`]));
    socket.write(body.subarray(0, 20_000));
    for (const at of [20_000, 30_000]) {
      await sleep(600);
      socket.write(body.subarray(at, at === 30_000 ? body.length : at + 10_000));
    }
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString().split('\r\n')[0]).toBe('HTTP/1.1 200 OK');
    socket.destroy();
  });
});

describe('a client that takes no more of an answer', () => {
  it('is cut off', async () => {
    const port = await serve({ idleSeconds: 1 });
    expect(await store(port, slice({ study: 4, instance: 4, pixels: 60 * MIB }))).toBe(200);
    const socket = await opened(port, head('GET', path({ study: 4, instance: 4 }), ['accept: application/dicom']));
    socket.pause();
    const app = apps.at(-1) as FastifyInstance;
    await expect.poll(() => promisify(app.server.getConnections).call(app.server), { timeout: 8000 }).toBe(0);
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    socket.resume();
    expect(await closed(socket)).toBe('closed');
    expect(bytes).toBeLessThan(60 * MIB);
  });
});

/** An S3 that takes calls and, from the body of an object on or from the first byte, says nothing more. */
class HungS3 {
  readonly sockets = new Set<Socket>();
  #server: Server | undefined;

  async open(answer = ''): Promise<string> {
    this.#server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => undefined);
      socket.on('data', () => void socket.write(answer));
    });
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.#server?.close();
  }
}

describe('an S3 that connects, and says nothing', () => {
  const series = { study: 5, series: 5 };
  const numbers = [50, 51, 52, 53, 54, 55, 56, 57];
  const { study, series: seriesUid } = uidsOf({ ...series, instance: 50 });
  const BEGUN = `HTTP/1.1 200 OK\r\nContent-Length: ${slice({ ...series, instance: 50 }).length}\r\n\r\nDICM`;

  beforeAll(async () => {
    expect(await store(await serve(), ...numbers.map((instance) => slice({ ...series, instance })))).toBe(200);
  });

  async function behind(answer: string, patience: AwsOptions['patience'] = {}) {
    const s3 = new HungS3();
    const { imagesKey } = place;
    const connection = { ...emulator.connection, endpoint: await s3.open(answer) };
    const { objects } = awsPorts(place.scope, { imagesKey, connection, patience });
    return { s3, port: await serve({}, {}, { objects }) };
  }

  it.each([
    ['a series', `/studies/${study}/series/${seriesUid}`, 'multipart/related; type="application/dicom"; transfer-syntax=*'],
    ['an instance', path({ ...series, instance: 50 }), 'application/dicom; transfer-syntax=*'],
  ])('%s: 503 before the first byte', async (_, where, accept) => {
    const { s3, port } = await behind('', { requestTimeout: 200 });
    const answer = await fetch(`http://127.0.0.1:${port}/dicomweb${where}`, { headers: { 'x-api-key': place.key, accept } });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    await expect.poll(() => s3.sockets.size, { timeout: 5000 }).toBe(0);
    s3.close();
  });

  it('a body that stops: no whole answer', async () => {
    const { s3, port } = await behind(BEGUN, { socketTimeout: 500 });
    const where = `http://127.0.0.1:${port}/dicomweb/studies/${study}/series/${seriesUid}`;
    const headers = { 'x-api-key': place.key, accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' };
    const status = await fetch(where, { headers }).then((answer) => answer.status);
    expect(status).toBe(503);
    await expect.poll(() => s3.sockets.size, { timeout: 5000 }).toBe(0);
    s3.close();
  });

  it.each([
    ['before it answers', ''],
    ['within its bodies', BEGUN],
  ])('a client that goes %s takes all that was read ahead with it', async (_, answer) => {
    const { s3, port } = await behind(answer);
    const accept = 'accept: multipart/related; type="application/dicom"; transfer-syntax=*';
    const socket = await opened(port, head('GET', `/studies/${study}/series/${seriesUid}`, [accept]));
    await expect.poll(() => s3.sockets.size, { timeout: 5000 }).toBeGreaterThan(3);
    socket.destroy();
    await expect.poll(() => s3.sockets.size, { timeout: 5000 }).toBe(0);
    s3.close();
  });
});

describe('an index with a defect', () => {
  it('fails the instances, and the store lives', async () => {
    const { index } = awsPorts(place.scope, { imagesKey: place.imagesKey, connection: emulator.connection });
    const defect = Object.assign(Object.create(index), {
      isElsewhere: async () => false,
      add: () => {
        throw new TypeError('no such thing');
      },
    });
    const unhandled: unknown[] = [];
    const note = (error: unknown) => void unhandled.push(error);
    process.on('unhandledRejection', note);
    const port = await serve({}, {}, { index: defect });
    // More than are written at once: the first rows are written, and fail, while the body still comes.
    const files = Array.from({ length: 70 }, (_, index) => slice({ study: 6, instance: 600 + index }));
    expect(await store(port, ...files)).toBe(409);
    await sleep(0);
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    expect((await fetch(`http://127.0.0.1:${port}/dicomweb/health`)).status).toBe(200);
  });
});

describe('the process, at SIGTERM', () => {
  it('ends although connections are open, and what is under way goes on to its end', async () => {
    const server = await ServerProcess.start(place, 200 * MIB);
    const port = Number(new URL(server.url).port);
    await opened(port); // never used
    const idle = await opened(port, head('GET', '/health'));
    await once(idle, 'data');
    const body = multipart(slice({ study: 7, instance: 7, pixels: 2 * MIB }));
    const sending = await opened(port, head('POST', '/studies', [`content-type: ${MULTIPART}`, `content-length: ${body.length}`]));
    sending.write(body.subarray(0, MIB));
    await sleep(300);
    const stopped = server.stop();
    await sleep(500);
    sending.write(body.subarray(MIB));
    const [answer] = (await once(sending, 'data')) as [Buffer];
    expect(answer.toString().split('\r\n')[0]).toBe('HTTP/1.1 200 OK');
    expect(await Promise.race([stopped, sleep(5000, 'runs')])).toBe(0);
  });

  it('ends within its time although a request does not, of which nothing is left', async () => {
    const server = await ServerProcess.start(place, 200 * MIB, { MIP_CLOSE_SECONDS: '1' });
    const port = Number(new URL(server.url).port);
    const body = multipart(slice({ study: 8, instance: 8, pixels: 12 * MIB }));
    const sending = await opened(port, head('POST', '/studies', [`content-type: ${MULTIPART}`, `content-length: ${body.length}`]));
    sending.write(body.subarray(0, 11 * MIB));
    await expect.poll(() => place.uploads(), { timeout: 5000 }).toHaveLength(1);
    expect(await Promise.race([server.stop(), sleep(5000, 'runs')])).toBe(0);
    expect(await place.uploads()).toEqual([]);
  });
});
