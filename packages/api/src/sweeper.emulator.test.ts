/** The sweeper and redrive over the queues and the table of an emulator. */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { deduplicationId, type JobRecord, JobTable, jobEvent, jobKey, type NameScope, physicalNames } from '@mip/registry';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { BY_OPEN_STATE, createTable } from '../../../tests/tables.ts';
import { DeadLetters } from './dead-letters.ts';
import { type RedrivePorts, redrive } from './redrive.ts';
import { messageOf } from './submission.ts';
import { type SweeperPorts, sweep } from './sweeper.ts';
import { sweeperPorts } from './sweeper-ports.ts';

const START = new Date('2024-01-31T10:00:00.000Z');
const MINUTE = 60_000;

let emulator: TestEmulator;
let scope: NameScope;
let ports: SweeperPorts & RedrivePorts;
let table: JobTable;
let sqs: SQSClient;
let queueUrl: string;
let deadLetterUrl: string;
let eventsUrl: string;
let minutes: number;
let woken: object[];

beforeAll(async () => {
  emulator = await openEmulator();
  sqs = new SQSClient(emulator.connection);
});
afterAll(() => emulator.stop());

beforeEach(async () => {
  scope = { prefix: `s${randomUUID().slice(0, 8)}`, account: '000000000000', region: 'eu-central-1', platform: 'test' };
  const names = physicalNames(scope);
  minutes = 0;
  woken = [];
  ports = {
    ...sweeperPorts(scope, emulator.connection),
    letters: new DeadLetters(sqs, 0),
    waker: { wake: async (line) => void woken.push(line) },
    now: () => new Date(START.getTime() + minutes * MINUTE),
  };
  const dynamodb = new DynamoDBClient(emulator.connection);
  table = new JobTable(dynamodb, names.table('jobs'));
  await createTable(dynamodb, names.table('jobs'), 'client_id', 'job_id', [BY_OPEN_STATE]);
  await createTable(dynamodb, names.table('leases'), 'lease');
  const fifo = { FifoQueue: 'true', DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' };
  const make = async (QueueName: string, more: Record<string, string> = {}) =>
    (await sqs.send(new CreateQueueCommand({ QueueName, Attributes: { ...fifo, ...more } }))).QueueUrl ?? '';
  deadLetterUrl = await make(names.deadLetterQueue('a1'));
  eventsUrl = await make(names.resultsQueue);
  const asked = new GetQueueAttributesCommand({ QueueUrl: deadLetterUrl, AttributeNames: ['QueueArn'] });
  const deadLetterTargetArn = (await sqs.send(asked)).Attributes?.QueueArn;
  queueUrl = await make(names.requestQueue('a1'), { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 3 }) });
});

/** A job in the table, as the router leaves it before it sends its message. */
async function put(job_id: string, change: Partial<JobRecord> = {}): Promise<JobRecord> {
  const identity = { client_id: 'viewer', job_id };
  const at = START.toISOString();
  const { record } = await table.accept({
    ...{ ...identity, job_key: jobKey(identity), algorithm: 'a1', version: '1.0.0', state: 'accepted', open_state: 'accepted' },
    ...{ purpose: 'clinical', attempts: 0, delivery: 1, request_digest: `sha256:${'0'.repeat(64)}`, pacs: { study_uid: '1.2' } },
    ...{ parameters: {}, accepted_at: at, updated_at: at, ...change },
  });
  return record;
}

const RUNNING = { state: 'running', open_state: 'running' } as const;

/** Into the dead letters, as a worker does it; without a cause as SQS does it. */
async function buried(record: JobRecord, cause?: string): Promise<void> {
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: deadLetterUrl,
      MessageBody: JSON.stringify(messageOf(record)),
      MessageGroupId: record.job_key,
      MessageDeduplicationId: deduplicationId(record, record.delivery),
      ...(cause !== undefined && { MessageAttributes: { cause: { DataType: 'String', StringValue: cause } } }),
    }),
  );
}

/** What a worker would receive. */
async function arrived(url = queueUrl) {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 0, WaitTimeSeconds: 0 }),
  );
  return Messages.map(({ Body = '' }) => JSON.parse(Body) as { job_id: string; delivery: number });
}

const send = (record: JobRecord) => ports.requests.send(queueUrl, messageOf(record));
const stateOf = async (job_id: string) => (await table.get({ client_id: 'viewer', job_id }))?.state;

describe('the sweeper', () => {
  it('leaves what is young: a request may still be under way', async () => {
    await put('young');
    await put('runs', RUNNING);
    expect(await sweep(ports)).toEqual({ looked: 0, sent: 0, buried: 0, stranded: 0, retold: 0 });
    expect(await stateOf('young')).toBe('accepted');
  });

  it('sends what was accepted and never sent, under another number', async () => {
    await put('never-sent');
    minutes = 2;
    expect(await sweep(ports)).toMatchObject({ looked: 1, sent: 1 });
    expect(await arrived()).toMatchObject([{ job_id: 'never-sent', delivery: 2 }]);
    expect(await stateOf('never-sent')).toBe('queued');
    expect(await sweep(ports)).toMatchObject({ looked: 0, sent: 0 });
  });

  it('wakes the line of what waits, and of nothing that does not', async () => {
    const record = await put('waits', { state: 'queued', open_state: 'queued' });
    minutes = 4;
    await sweep(ports);
    expect(woken).toEqual([]);
    await send(record);
    await sweep(ports);
    expect(woken).toEqual([{ queueUrl, algorithm: 'a1' }]);
  });

  it('never puts a conformance job among those of clients, in whatever state it was left', async () => {
    const conformance: Partial<JobRecord> = { purpose: 'conformance', images: ['0'.repeat(64)] };
    await put('of-a-candidate', conformance);
    await put('of-another', { ...conformance, ...RUNNING });
    minutes = 60;
    expect(await sweep(ports)).toEqual({ looked: 0, sent: 0, buried: 0, stranded: 0, retold: 0 });
    expect(await arrived()).toEqual([]);
    minutes = 121;
    expect(await sweep(ports)).toEqual({ looked: 0, sent: 0, buried: 0, stranded: 0, retold: 0 });
    expect(await arrived()).toEqual([]);
    for (const job_id of ['of-a-candidate', 'of-another']) expect(await stateOf(job_id)).toBe('cancelled');
  });

  it('sends a job to the line of its version; where that is gone, to the default one of its major; to none of another', async () => {
    const fifo = { FifoQueue: 'true', DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' };
    const make = async (QueueName: string) => (await sqs.send(new CreateQueueCommand({ QueueName, Attributes: fifo }))).QueueUrl ?? '';
    const names = physicalNames(scope);
    await make(names.deadLetterQueue('a1-v1-2-0'));
    const line = await make(names.requestQueue('a1-v1-2-0'));
    await put('on-its-line', { version: '1.2.0', line: 'a1-v1-2-0' });
    await put('line-gone', { version: '1.3.0', line: 'a1-v1-3-0' });
    await put('major-gone', { version: '2.0.0', line: 'a1_v2' });
    minutes = 2;
    expect(await sweep(ports)).toEqual({ looked: 3, sent: 2, buried: 0, stranded: 1, retold: 0 });
    expect(await arrived(line)).toMatchObject([{ job_id: 'on-its-line' }]);
    expect(await arrived()).toMatchObject([{ job_id: 'line-gone' }]);
  });

  it('takes a job for dead whose last delivery lies in the dead letters, and leaves the letter there', async () => {
    await buried(await put('lost', RUNNING));
    minutes = 4;
    expect(await sweep(ports)).toMatchObject({ looked: 1, buried: 1, sent: 0 });
    const record = await table.get({ client_id: 'viewer', job_id: 'lost' });
    expect(record).toMatchObject({ state: 'dead', error: { code: 'worker-lost' } });
    expect(await arrived(deadLetterUrl)).toMatchObject([{ job_id: 'lost' }]);
    expect(await arrived(eventsUrl)).toMatchObject([{ job_id: 'lost', type: 'job.dead', error: { code: 'worker-lost' } }]);
  });

  describe('of jobs that are over', () => {
    const end = async (job_id: string, at: Date) => table.cancel(await put(job_id), at);

    it('tells those again that nobody was told of for a while, each once a while', async () => {
      const [first] = [await end('untold', START), await end('told', START)];
      await table.told({ client_id: 'viewer', job_id: 'told', delivery: 1 });
      minutes = 9;
      await end('young', ports.now());
      expect((await sweep(ports)).retold).toBe(0);
      minutes = 11;
      expect((await sweep(ports)).retold).toBe(1);
      expect((await sweep(ports)).retold).toBe(0);
      expect(await arrived(eventsUrl)).toEqual([jobEvent(first, 'job.cancelled', START)]);
      minutes = 22;
      expect((await sweep(ports)).retold).toBe(2);
    });

    it('goes on when nobody can be told, and tells them the next time', async () => {
      await end('untold', START);
      await put('waits');
      minutes = 11;
      const { events } = ports;
      const down = { ...ports, events: { send: async () => Promise.reject(new Error('down')) } };
      expect(await sweep(down)).toMatchObject({ sent: 1, retold: 0 });
      expect((await sweep({ ...ports, events })).retold).toBe(1);
    });
  });

  it('does not for an earlier delivery: the job was redriven since', async () => {
    const record = await put('redriven', RUNNING);
    await buried(record);
    const again = await table.handBack(record, START);
    if (again) await send(again);
    minutes = 4;
    expect(await sweep(ports)).toMatchObject({ looked: 1, buried: 0, sent: 0 });
    expect(await stateOf('redriven')).toBe('queued');
  });

  it('sends again what its queue lost, once the queue is empty and nothing has happened for long', async () => {
    await send(await put('purged', { state: 'queued', open_state: 'queued' }));
    minutes = 20;
    expect(await sweep(ports)).toMatchObject({ looked: 1, sent: 0 });
    await sqs.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
    minutes = 10;
    expect(await sweep(ports)).toMatchObject({ looked: 1, sent: 0 });
    minutes = 20;
    expect(await sweep(ports)).toMatchObject({ looked: 1, sent: 1 });
    expect(await arrived()).toMatchObject([{ job_id: 'purged', delivery: 2 }]);
  });

  it('does not while a worker holds a message', async () => {
    await send(await put('long', RUNNING));
    await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, VisibilityTimeout: 60 }));
    minutes = 600;
    expect(await sweep(ports)).toMatchObject({ looked: 1, sent: 0, buried: 0 });
  });

  it('says how many jobs have no queue', async () => {
    await put('stranded', { algorithm: 'gone' });
    minutes = 2;
    expect(await sweep(ports)).toMatchObject({ looked: 1, stranded: 1, sent: 0 });
    expect(await stateOf('stranded')).toBe('accepted');
  });
});

describe('redrive', () => {
  const order = () => ({ queueUrl, deadLetterUrl });
  const dead = async (job_id: string, cause: string) => {
    const record = await put(job_id, RUNNING);
    await table.bury(record, { code: 'internal', message: 'it broke' }, START);
    await buried(record, cause);
  };

  it('sends dead jobs again, with all their attempts, under another number', async () => {
    for (let job = 0; job < 12; job += 1) await dead(`job-${job}`, job % 2 ? 'timeout' : 'internal');
    const seen: number[] = [];
    const progress = (so: { redriven: object }) => seen.push(Object.keys(so.redriven).length);
    expect(await redrive(ports, { ...order(), progress })).toEqual({
      ...{ redriven: { timeout: 6, internal: 6 }, others: {}, ended: 0, unknown: 0, held: 0 },
    });
    expect(seen).toHaveLength(12);
    expect(await arrived(deadLetterUrl)).toEqual([]);
    expect((await ports.letters.depth(queueUrl)).waiting).toBe(12);
    expect(await table.get({ client_id: 'viewer', job_id: 'job-3' })).toMatchObject({ state: 'queued', attempts: 0, delivery: 2 });
  });

  it('by cause leaves the others where they are, to be seen at once', async () => {
    await dead('slow', 'timeout');
    await dead('broken', 'internal');
    expect(await redrive(ports, { ...order(), cause: 'timeout' })).toMatchObject({ redriven: { timeout: 1 }, others: { internal: 1 } });
    expect(await arrived()).toMatchObject([{ job_id: 'slow' }]);
    expect(await stateOf('broken')).toBe('dead');
    expect(await arrived(deadLetterUrl)).toMatchObject([{ job_id: 'broken' }]);
  });

  it('leaves what is no job, and removes the letter of a job that ended otherwise', async () => {
    await sqs.send(new SendMessageCommand({ QueueUrl: deadLetterUrl, MessageBody: '{', MessageGroupId: 'x', MessageDeduplicationId: 'x' }));
    const { open_state: _, ...cancelled } = await put('cancelled', { state: 'cancelled', finished_at: START.toISOString() });
    await buried(cancelled as JobRecord, 'internal');
    expect(await redrive(ports, order())).toMatchObject({ redriven: {}, ended: 1, unknown: 1 });
    expect(await arrived()).toEqual([]);
    expect((await ports.letters.depth(deadLetterUrl)).waiting).toBe(1);
  });

  it.each(['redrive', 'send', 'remove'] as const)('killed before or after %s loses nothing: done again, the job is sent', async (step) => {
    for (const when of ['before', 'after']) {
      await dead(`${step}-${when}`, 'internal');
      const dies = async (work: () => Promise<unknown>) => {
        if (when === 'after') await work();
        throw new Error('killed');
      };
      const killed = {
        ...ports,
        ...(step === 'redrive' && {
          jobs: { ...spread(ports.jobs), redrive: (...args: Args<'redrive'>) => dies(() => table.redrive(...args)) },
        }),
        ...(step === 'send' && { requests: { send: (...args: [string, never]) => dies(() => ports.requests.send(...args)) } }),
        ...(step === 'remove' && {
          letters: { ...spread(ports.letters), remove: (...args: [string, never]) => dies(() => letters().remove(...args)) },
        }),
      };
      await expect(redrive(killed as never, order())).rejects.toThrow('killed');
      await redrive(ports, order());
      const state = await stateOf(`${step}-${when}`);
      expect(state).toBe('queued');
      expect((await arrived()).map(({ job_id }) => job_id)).toContain(`${step}-${when}`);
      expect((await ports.letters.depth(deadLetterUrl)).waiting).toBe(0);
      await sqs.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
    }
  });

  type Args<Name extends keyof JobTable> = Parameters<JobTable[Name]>;
  const letters = () => ports.letters as unknown as { remove(url: string, letter: never): Promise<void> };
  const spread = (port: object) => {
    const names = Object.getOwnPropertyNames(Object.getPrototypeOf(port)).filter((name) => name !== 'constructor');
    return Object.fromEntries(names.map((name) => [name, (port as Record<string, (...args: unknown[]) => unknown>)[name]?.bind(port)]));
  };
});
