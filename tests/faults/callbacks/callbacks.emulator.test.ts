/**
 * Requests with a callback through the API while every fifth call to AWS fails, workers and notifiers die at random between any two steps, and
 * the client's server refuses or cuts a third of what it gets: every accepted job ends once, and every callback arrives, under one id.
 * 12 requests; with MIP_TEST_FULL 2,000.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createApp } from '@mip/api/app';
import { awsPorts } from '@mip/api/aws';
import { DeadLetters } from '@mip/api/dead-letters';
import { sqsEvents } from '@mip/api/sqs-events';
import { sqsRequests } from '@mip/api/sqs-requests';
import { sweep } from '@mip/api/sweeper';
import { KEY, PACS } from '@mip/api/testing/requests';
import { endOf, eventId, JobTable } from '@mip/registry';
import fc from 'fast-check';
import pLimit from 'p-limit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../emulator.ts';
import { FULL } from '../../full.ts';
import { SEED } from '../../seed.ts';
import { type Fault, FaultProxy, THROTTLED } from '../proxy.ts';
import { type Crew, Died, notifier, worker } from './crew.ts';
import { type CallbackPlatform, CLIENT, openPlatform } from './platform.ts';
import { Receiver } from './receiver.ts';

const REQUESTS = FULL ? 2000 : 12;
/** How many workers there are, and how many notifiers of each queue. */
const CREW = FULL ? { workers: 6, notifiers: 4 } : { workers: 2, notifiers: 1 };
const MINUTES_AHEAD = 60;
const FAULTS: readonly Fault[] = [
  { do: 'cut', when: 'before' },
  { do: 'cut', when: 'after' },
  { do: 'refuse', error: { code: 'InternalError', message: 'Please try again.', status: 500 } },
  { do: 'refuse', error: THROTTLED },
];

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.stop());

function generator(seed: number): (limit: number) => number {
  const numbers = fc.sample(fc.nat(), { seed, numRuns: 20_000 });
  let at = 0;
  return (limit) => (numbers[at++ % numbers.length] ?? 0) % limit;
}

it(`${REQUESTS} jobs end once each, and each callback arrives under one id`, { timeout: FULL ? 3_600_000 : 240_000 }, async () => {
  const random = generator(SEED);
  const platform = await openPlatform(emulator);
  const proxy = await FaultProxy.open(emulator.connection.endpoint);
  const receiver = await Receiver.open(platform.secret);
  const ends = countEnds(proxy);
  let deaths = 0;
  const crew: Crew = {
    platform,
    connection: { ...emulator.connection, endpoint: proxy.endpoint },
    step: () => {
      if (random(12) !== 0) return;
      deaths += 1;
      throw new Died();
    },
  };
  proxy.restart(({ number }) => (number % 5 === 0 ? FAULTS[random(FAULTS.length)] : undefined));
  receiver.mood = () => (['take', 'take', 'take', 'take', 'refuse', 'cut', 'take and cut'] as const)[random(7)] ?? 'take';
  const stop = new AbortController();
  const many = (count: number, work: () => Promise<void>) => Array.from({ length: count }, work);
  const working = [
    ...many(CREW.workers, () => worker(crew, stop.signal)),
    ...many(CREW.notifiers, () => notifier(crew, 'events', stop.signal)),
    ...many(CREW.notifiers, () => notifier(crew, 'callbacks', stop.signal)),
  ];
  try {
    const accepted = await submitAll(crew, receiver.url);
    await untilSettled(crew, accepted, FULL ? 3000 : 150);
    stop.abort();
    await Promise.all(working);
    await expectAllTold(platform, receiver, accepted);
    expect(accepted.map((job) => ends.get(job))).toEqual(accepted.map(() => 1));
    const repeats = receiver.taken.length - accepted.length;
    process.stdout.write(
      `seed ${SEED}: ${accepted.length} jobs, ${proxy.calls.length} calls, ${deaths} deaths, ${repeats} callbacks more than once\n`,
    );
  } finally {
    stop.abort();
    await Promise.all(working);
    await receiver.close();
    await proxy.close();
  }
});

/** Ends as they were written, by job: an answer that the caller never got counts. */
function countEnds(proxy: FaultProxy): ReadonlyMap<string, number> {
  const ends = new Map<string, number>();
  proxy.onAnswer = ({ operation, input }, status) => {
    const values = (input.ExpressionAttributeValues ?? {}) as Record<string, { S?: string }>;
    const job = (input.Key as { job_id?: { S?: string } } | undefined)?.job_id?.S ?? '';
    if (operation === 'dynamodb:UpdateItem' && values[':finished_at'] && status === 200) ends.set(job, (ends.get(job) ?? 0) + 1);
  };
  return ends;
}

/** As a client would: what is answered 503, or not at all, is sent again under the same id. */
async function submitAll(crew: Crew, callback_url: string): Promise<readonly string[]> {
  const { scope } = crew.platform;
  const { region: _, ...connection } = crew.connection;
  const images = {
    names: ['built-in'],
    defaultName: 'built-in',
    lookMs: 300,
    look: async () => ({ kind: 'found', instance: {}, instances: 1 }) as const,
  };
  const requests = sqsRequests(new SQSClient(crew.connection), { wake: async () => undefined });
  const ports = { ...awsPorts(scope, { connection, callbacks: ['127.0.0.1'] }), images, requests };
  const app = createApp(ports, { part: 'router', maxRequestBytes: 10_000, log: { write: () => undefined } });
  const limit = pLimit(FULL ? 32 : 8);
  const submit = async (job_id: string) => {
    for (;;) {
      const payload = { job_id, pacs: PACS, parameters: { center: 40, width: 400 }, callback_url };
      const { statusCode } = await app.inject({ method: 'POST', url: '/process/window-level', headers: { 'x-api-key': KEY }, payload });
      if (statusCode === 202 || statusCode === 200) return job_id;
      expect(statusCode).toBe(503);
    }
  };
  return Promise.all(Array.from({ length: REQUESTS }, (_one, number) => limit(() => submit(`job-${number}`))));
}

/** The sweeper runs now and then, with a clock that is ahead: what takes minutes in AWS is over. */
async function untilSettled(crew: Crew, accepted: readonly string[], seconds: number): Promise<void> {
  const { platform } = crew;
  const open = new Set(accepted);
  for (const end = Date.now() + seconds * 1000; open.size > 0 && Date.now() < end; await sleep(500)) {
    await sweep(sweeperOf(crew)).catch(() => undefined);
    for (const job_id of open) {
      const record = await platform.jobs.get({ client_id: CLIENT, job_id });
      if (record?.open_state !== undefined || record?.callback?.state !== 'delivered') break;
      open.delete(job_id);
    }
  }
}

function sweeperOf({ connection, platform: { names } }: Crew) {
  const sqs = new SQSClient(connection);
  return {
    jobs: new JobTable(new DynamoDBClient(connection), names.table('jobs')),
    letters: new DeadLetters(sqs, 0),
    requests: sqsRequests(sqs, { wake: async () => undefined }),
    events: sqsEvents(sqs, names.resultsQueue),
    waker: { wake: async () => undefined },
    names,
    now: () => new Date(Date.now() + MINUTES_AHEAD * 60_000),
  };
}

async function expectAllTold(platform: CallbackPlatform, receiver: Receiver, accepted: readonly string[]): Promise<void> {
  const byJob = Map.groupBy(receiver.taken, ({ event }) => event.job_id);
  expect(receiver.forged).toBe(0);
  for (const job_id of accepted) {
    const record = await platform.jobs.get({ client_id: CLIENT, job_id });
    const type = record && endOf(record.state);
    if (!record || !type) throw new Error(`${job_id} has not ended: it is ${record?.state}`);
    const told = byJob.get(job_id) ?? [];
    const ids = new Set(told.flatMap(({ id, event }) => [id, event.event_id]));
    expect([job_id, [...ids]]).toEqual([job_id, [eventId(record, type)]]);
    expect([record.callback?.state, record.open_state]).toEqual(['delivered', undefined]);
  }
}
