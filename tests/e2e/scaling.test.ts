/** A line that sleeps, on a local cloud: it wakes for a job, grows under a burst, goes to sleep again, and an override ends by itself. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import pLimit from 'p-limit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cloud, copyRepository, testImage } from '../cloud.ts';

const repository = copyRepository();
const cloud = new Cloud(repository);
const SERVICE = 'mip-window-level';
const MAX = 3;
const JOBS = 200;
const PATIENCE_MS = 180_000;
const LONG_POLL_MS = 21_000;
const figures: string[] = [];
let image: ReturnType<Cloud['importImage']>;

beforeAll(async () => {
  const file = join(repository, 'catalog/algorithms/window-level.yaml');
  const entry = readFileSync(file, 'utf8').replace(/^scaling:.*\n( .*\n)*/m, '');
  writeFileSync(file, `${entry.trimEnd()}\nscaling: { min: 0, max: ${MAX}, backlog_per_task: 5 }\n`);
  expect(await cloud.start(), cloud.printed).toBe(undefined);
  image = cloud.importImage(testImage('CT_small.dcm'));
}, 240_000);

afterAll(async () => {
  console.log(figures.join('\n'));
  await cloud.remove();
  rmSync(repository, { recursive: true, force: true });
}, 60_000);

/** What ECS is asked for, and what really runs. */
async function tasks(): Promise<{ desired: number; running: number }> {
  const endpoint = cloud.environment.AWS_ENDPOINT_URL_ECS ?? '';
  const ecs = new ECSClient({ ...cloud.connection, endpoint });
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster: 'mip-cluster', services: [SERVICE] }));
  return { desired: services[0]?.desiredCount ?? -1, running: services[0]?.runningCount ?? -1 };
}

/** Seconds until it holds. */
async function until(holds: (now: { desired: number; running: number }) => boolean): Promise<number> {
  const start = performance.now();
  for (let now = await tasks(); !holds(now); now = await tasks()) {
    if (performance.now() - start > PATIENCE_MS) throw new Error(`still ${JSON.stringify(now)}\n${cloud.printed}`);
    await sleep(200);
  }
  return (performance.now() - start) / 1000;
}

const seconds = (value: number) => `${value.toFixed(1)} s`;
/** 200 where the front sent a request again whose answer got lost: it is the same job. */
async function ask(job_id: string): Promise<void> {
  const body = { job_id, pacs: image, parameters: { center: 40, width: 400 } };
  expect([200, 202]).toContain((await cloud.post('window-level', body)).status);
}

const asleep = ({ desired, running }: { desired: number; running: number }) => desired === 0 && running === 0;

it('wakes for one job, answers it, and goes to sleep again', async () => {
  await until(asleep);
  await sleep(LONG_POLL_MS); // the emulator hands a message to a worker that has ended, if its poll has not
  const start = performance.now();
  await ask('cold');
  expect((await cloud.endedJob('cold')).state).toBe('succeeded');
  figures.push(`from a cold request to its result: ${seconds((performance.now() - start) / 1000)}`);
  figures.push(`from then until nothing runs: ${seconds(await until(asleep))}`);
}, 300_000);

it(`runs ${MAX} workers for ${JOBS} jobs, and none when they are done`, async () => {
  const limit = pLimit(16);
  const names = Array.from({ length: JOBS }, (_, index) => `job-${index}`);
  const start = performance.now();
  const grown = until(({ running }) => running === MAX);
  await Promise.all(names.map((name) => limit(() => ask(name))));
  figures.push(`${JOBS} jobs: ${MAX} workers run after ${seconds(await grown)}`);
  const ended = await Promise.all(names.map((name) => limit(() => cloud.endedJob(name, PATIENCE_MS))));
  expect(new Set(ended.map(({ state }) => state))).toEqual(new Set(['succeeded']));
  figures.push(`${JOBS} jobs: all done after ${seconds((performance.now() - start) / 1000)}`);
  figures.push(`${JOBS} jobs: the workers are gone ${seconds(await until(asleep))} later`);
}, 400_000);

it('runs what somebody sets for a while, and then what the catalog says, without an apply', async () => {
  const scaled = cloud.mip(['scale', 'window-level', '2', '--for', '20s']);
  expect(scaled.code, scaled.out + scaled.err).toBe(0);
  expect((await tasks()).desired).toBe(2);
  expect(cloud.mip(['drift']).code).toBe(0);
  figures.push(`an override of 20 s: over, and nothing runs, ${seconds(await until(asleep))} after it was set`);
  const drift = cloud.mip(['drift']);
  expect(drift.code, drift.out + drift.err).toBe(0);
}, 120_000);
