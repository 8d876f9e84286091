/**
 * 300 MB go in, and out again, and the process stays below 200 MB: as one series of slices, as one large instance, and from many clients at
 * once. Threads that render come on top.
 */
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { EmulatedPlace } from './testing/emulated.ts';
import { ServerProcess } from './testing/server-process.ts';
import { BOUNDARY, MULTIPART, sliceHead, uidsOf } from './testing/slices.ts';

const MOST_MB = 200;
/** With two threads that decode and render. */
const MOST_WITH_THREADS_MB = 300;
const SLICE = 512 * 1024;
/** Not to be read as text, and not all zeros. */
const PIXELS = Buffer.alloc(SLICE, 'pixels of a slice that say nothing');

let emulator: TestEmulator;
let place: EmulatedPlace;
let server: ServerProcess;
beforeAll(async () => {
  emulator = await openEmulator();
  place = await EmulatedPlace.make(emulator.connection);
  server = await ServerProcess.start(place, 1024 ** 3);
});
afterAll(async () => {
  await server.stop();
  await emulator.stop();
});

/** A request of `count` slices, made while it is sent. */
async function* slices(study: number, count: number): AsyncGenerator<Buffer> {
  for (let index = 0; index < count; index += 1) {
    yield Buffer.from(`\r\n--${BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n`);
    yield sliceHead({ study, series: study, instance: study * 1000 + index, pixels: SLICE });
    yield PIXELS;
  }
  yield Buffer.from(`\r\n--${BOUNDARY}--`);
}

async function* oneLarge(megabytes: number): AsyncGenerator<Buffer> {
  yield Buffer.from(`--${BOUNDARY}\r\n\r\n`);
  yield sliceHead({ study: 9, series: 9, instance: 9000, pixels: 2 * megabytes * SLICE });
  for (let index = 0; index < 2 * megabytes; index += 1) yield PIXELS;
  yield Buffer.from(`\r\n--${BOUNDARY}--`);
}

async function post(body: AsyncIterable<Buffer>): Promise<number> {
  const answer = await fetch(`${server.url}/studies`, {
    method: 'POST',
    headers: { 'x-api-key': place.key, 'content-type': MULTIPART },
    body: Readable.toWeb(Readable.from(body)) as ReadableStream,
    duplex: 'half',
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** Bytes of the body, which is read and forgotten. */
async function get(path: string): Promise<number> {
  const answer = await fetch(server.url + path, { headers: { 'x-api-key': place.key } });
  expect(answer.status).toBe(200);
  let bytes = 0;
  for await (const chunk of answer.body ?? []) bytes += (chunk as Uint8Array).length;
  return bytes;
}

function report(what: string): void {
  const { now, most } = server.memory;
  console.log(`memory of the image store: ${what}: ${now} MB now, ${most} MB at most`);
  expect(most).toBeLessThan(MOST_MB);
}

describe('memory', () => {
  it('of 600 slices of 512 KB in one request', async () => {
    report('before');
    const start = performance.now();
    expect(await post(slices(1, 600))).toBe(200);
    console.log(`stored in ${Math.round(performance.now() - start)} ms`);
    report('300 MB in as 600 instances');
    const study = (await place.rows()).find(({ uid }) => uid === uidsOf({ study: 1, instance: 0 }).study);
    expect(study).toMatchObject({ instance_count: 600, series_count: 1 });
  });

  it('of the same 300 MB going out', async () => {
    const { study } = uidsOf({ study: 1, series: 1, instance: 1000 });
    const start = performance.now();
    expect(await get(`/studies/${study}`)).toBeGreaterThan(600 * SLICE);
    console.log(`retrieved in ${Math.round(performance.now() - start)} ms`);
    expect(await get(`/studies/${study}/metadata`)).toBeGreaterThan(600 * 1000);
    report('300 MB out as 600 instances');
  });

  it('of one instance of 100 MB', async () => {
    expect(await post(oneLarge(100))).toBe(200);
    report('100 MB in as one instance');
    const { study, series, instance } = uidsOf({ study: 9, series: 9, instance: 9000 });
    expect(await get(`/studies/${study}/series/${series}/instances/${instance}`)).toBeGreaterThan(100 * 2 * SLICE);
    report('and out');
  });

  it('of twenty clients at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => post(slices(20 + index, 10))));
    expect(answers).toEqual(Array(20).fill(200));
    report('100 MB in from twenty clients');
  });

  it('of threads that render is beside that, and has its end', async () => {
    const { study, series } = uidsOf({ study: 1, series: 1, instance: 1000 });
    const pictures = Array.from({ length: 40 }, (_, index) => uidsOf({ instance: 1000 + index }).instance);
    for (const two of Array.from({ length: 20 }, (_, index) => pictures.slice(2 * index, 2 * index + 2))) {
      const sizes = await Promise.all(two.map((instance) => get(`/studies/${study}/series/${series}/instances/${instance}/rendered`)));
      expect(Math.min(...sizes)).toBeGreaterThan(500);
    }
    const { now, most } = server.memory;
    console.log(`memory of the image store: with threads for pixels: ${now} MB now, ${most} MB at most`);
    expect(most).toBeLessThan(MOST_WITH_THREADS_MB);
  });
});
