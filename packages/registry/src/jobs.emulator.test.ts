import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { BY_OPEN_STATE, createTable } from '../../../tests/tables.ts';
import { ClientTable, hashClientKey, newClientKey } from './clients.ts';
import type { JobRecord } from './generated/job-record.ts';
import { JobTable } from './jobs.ts';

const NOW = new Date('2024-01-31T10:00:00.000Z');
const LATER = new Date('2024-01-31T10:00:01.500Z');

let emulator: TestEmulator;
let dynamodb: DynamoDBClient;

beforeAll(async () => {
  emulator = await openEmulator();
  dynamodb = new DynamoDBClient(emulator.connection);
});
afterAll(async () => {
  dynamodb.destroy();
  await emulator.stop();
});

describe('the table of jobs', () => {
  let jobs: JobTable;
  let table: string;
  beforeAll(async () => {
    table = `test-${randomUUID()}`;
    await createTable(dynamodb, table, 'client_id', 'job_id', [BY_OPEN_STATE]);
    jobs = new JobTable(dynamodb, table);
  });

  function record(change: Partial<JobRecord> = {}): JobRecord {
    return {
      client_id: 'clinic-a',
      job_id: randomUUID(),
      job_key: '0'.repeat(32),
      algorithm: 'window-level',
      version: '1.0.0',
      state: 'accepted',
      open_state: 'accepted',
      purpose: 'clinical',
      attempts: 0,
      delivery: 1,
      request_digest: `sha256:${'0'.repeat(64)}`,
      pacs: { study_uid: '1.2', series_uid: '1.3', instance_uid: '1.4' },
      parameters: { center: 40, width: 400.5, invert: false, method: 'linear' },
      accepted_at: NOW.toISOString(),
      updated_at: NOW.toISOString(),
      ...change,
    };
  }

  it('gives back what was put, in type and value', async () => {
    const wanted = record({ parameters: { tiny: 1e-130, huge: 9.99e125, whole: 2 ** 60, negative: -0.1, text: '', flag: true } });
    expect(await jobs.accept(wanted)).toEqual({ created: true, record: wanted });
    expect(await jobs.get(wanted)).toEqual(wanted);
  });

  it('has no job that nobody put', async () => {
    expect(await jobs.get({ client_id: 'clinic-a', job_id: 'none' })).toBeUndefined();
  });

  it('keeps the first record of an id and shows it to the second', async () => {
    const first = record();
    await jobs.accept(first);
    const second = await jobs.accept({ ...first, algorithm: 'grayscale' });
    expect(second).toEqual({ created: false, record: first });
  });

  it('lets exactly one of many create the job', async () => {
    const same = record();
    const all = await Promise.all(Array.from({ length: 8 }, () => jobs.accept(same)));
    expect(all.filter(({ created }) => created)).toHaveLength(1);
  });

  it('lets two clients use one id', async () => {
    const first = record();
    await jobs.accept(first);
    expect((await jobs.accept({ ...first, client_id: 'clinic-b' })).created).toBe(true);
  });

  it('marks an accepted job as queued, with the time', async () => {
    const wanted = record();
    await jobs.accept(wanted);
    const at = LATER.toISOString();
    const queued = { ...wanted, state: 'queued', open_state: 'queued', queued_at: at, updated_at: at };
    expect(await jobs.markQueued(wanted, LATER)).toEqual(queued);
    expect(await jobs.get(wanted)).toEqual(queued);
  });

  it.each(['running', 'succeeded', 'failed', 'cancelled', 'dead'] as const)('leaves a job that is %s as it is', async (state) => {
    const wanted = record();
    await jobs.accept(wanted);
    await DynamoDBDocumentClient.from(dynamodb).send(
      new UpdateCommand({
        TableName: table,
        Key: { client_id: wanted.client_id, job_id: wanted.job_id },
        UpdateExpression: 'SET #state = :state REMOVE open_state',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':state': state },
      }),
    );
    const { open_state: _, ...left } = wanted;
    expect(await jobs.markQueued(wanted, LATER)).toEqual({ ...left, state });
  });

  const OPEN = ['accepted', 'queued', 'running'] as const;
  const put = async (change: Partial<JobRecord>) => (await jobs.accept(record(change))).record;

  it.each(OPEN)('cancels a job that is %s', async (state) => {
    const wanted = await put({ state, open_state: state });
    const cancelled = {
      ...wanted,
      state: 'cancelled',
      open_state: 'untold',
      finished_at: LATER.toISOString(),
      updated_at: LATER.toISOString(),
    };
    expect(await jobs.cancel(wanted, LATER)).toEqual(cancelled);
    expect(await jobs.get(wanted)).toEqual(cancelled);
    expect(await jobs.cancel(wanted, new Date())).toEqual(cancelled);
  });

  it('takes the progress of a job away with the attempt that it is of', async () => {
    const running = { state: 'running', open_state: 'running', progress: 0.42 } as const;
    const [handed, cancelled, buried] = [await put(running), await put(running), await put(running)];
    expect(await jobs.get(handed)).toHaveProperty('progress', 0.42);
    const error = { code: 'worker-lost', message: 'Gone.' } as const;
    const moved = [await jobs.handBack(handed, LATER), await jobs.cancel(cancelled, LATER), await jobs.bury(buried, error, LATER)];
    expect(moved.map((one) => [one?.state, one?.progress])).toEqual([
      ['queued', undefined],
      ['cancelled', undefined],
      ['dead', undefined],
    ]);
  });

  it('gives every sender of an open job a number of its own', async () => {
    const wanted = await put({ state: 'running', open_state: 'running' });
    const all = await Promise.all(Array.from({ length: 5 }, () => jobs.handBack(wanted, LATER)));
    expect(all.map((one) => one?.delivery).toSorted()).toEqual([2, 3, 4, 5, 6]);
    expect(await jobs.get(wanted)).toMatchObject({ state: 'queued', open_state: 'queued', delivery: 6, attempts: 0 });
  });

  it('buries an open job, and opens it again with all its attempts', async () => {
    const wanted = await put({ state: 'running', open_state: 'running', attempts: 2 });
    const error = { code: 'worker-lost', message: 'its workers died' } as const;
    const dead = await jobs.bury(wanted, error, LATER);
    expect(dead).toMatchObject({ state: 'dead', error, finished_at: LATER.toISOString(), attempts: 2, delivery: 1 });
    expect(dead?.open_state).toBe('untold');
    expect(await jobs.bury(wanted, error, LATER)).toBeUndefined();
    expect(await jobs.handBack(wanted, LATER)).toBeUndefined();
    const again = await jobs.redrive(wanted, LATER);
    expect(again).toEqual({ ...wanted, state: 'queued', open_state: 'queued', attempts: 0, delivery: 2, updated_at: LATER.toISOString() });
    expect(await jobs.redrive(wanted, LATER)).toBeUndefined();
  });

  it("leaves no mark on the end of a job that is nobody's", async () => {
    const wanted = await put({ client_id: 'mip-conformance' });
    expect(await jobs.cancel(wanted, LATER)).not.toHaveProperty('open_state');
  });

  it('finds an end until its client is told, and puts it behind the others when it is told again', async () => {
    const client_id = `c-${randomUUID()}`;
    const ends = [await put({ client_id }), await put({ client_id })] as const;
    await jobs.cancel(ends[0], NOW);
    await jobs.cancel(ends[1], new Date(NOW.getTime() + 1));
    const untold = async () => {
      const found: JobRecord[] = [];
      for await (const one of jobs.untouched('untold', LATER)) if (one.client_id === client_id) found.push(one);
      return found;
    };
    expect((await untold()).map(({ job_id }) => job_id)).toEqual([ends[0].job_id, ends[1].job_id]);
    await jobs.tellAgain(ends[0], new Date(NOW.getTime() + 2));
    expect((await untold()).map(({ job_id }) => job_id)).toEqual([ends[1].job_id, ends[0].job_id]);
    await jobs.told(ends[1]);
    await jobs.told(ends[1]);
    expect((await untold()).map(({ job_id }) => job_id)).toEqual([ends[0].job_id]);
    expect(await jobs.get(ends[1])).toMatchObject({ state: 'cancelled' });
  });

  it('does not take the second end of a job for told when the first one is', async () => {
    const wanted = await put({});
    await jobs.bury(wanted, { code: 'internal', message: 'broken' }, NOW);
    await jobs.told({ ...wanted, delivery: 2 });
    expect((await jobs.get(wanted))?.open_state).toBe('untold');
    await jobs.noteCallback(wanted, { state: 'failed', attempts: 1 });
    expect(await jobs.redrive(wanted, NOW)).not.toHaveProperty('callback');
    await jobs.told(wanted);
    await jobs.noteCallback(wanted, { state: 'delivered', attempts: 2 });
    expect(await jobs.get(wanted)).toMatchObject({ state: 'queued', open_state: 'queued' });
    expect(await jobs.get(wanted)).not.toHaveProperty('callback');
  });

  it('keeps a callback delivered, whatever a repeat of it comes to', async () => {
    const wanted = await put({});
    await jobs.noteCallback(wanted, { state: 'pending', attempts: 1 });
    await jobs.noteCallback(wanted, { state: 'delivered', attempts: 2, last_status: 200 });
    await jobs.noteCallback(wanted, { state: 'failed', attempts: 3 });
    expect((await jobs.get(wanted))?.callback).toEqual({ state: 'delivered', attempts: 2, last_status: 200 });
    const absent = { client_id: 'clinic-a', job_id: randomUUID(), delivery: 1 };
    await jobs.noteCallback(absent, { state: 'pending', attempts: 1 });
    expect(await jobs.get(absent)).toBeUndefined();
  });

  it('finds what nothing has changed for a while, by its state', async () => {
    const client_id = `c-${randomUUID()}`;
    const old = await put({ client_id, updated_at: '2024-01-30T10:00:00.000Z' });
    const later = await put({ client_id, updated_at: '2024-01-30T11:00:00.000Z' });
    await put({ client_id, updated_at: LATER.toISOString() });
    await put({ client_id, state: 'queued', open_state: 'queued', updated_at: '2024-01-30T10:00:00.000Z' });
    const found: JobRecord[] = [];
    for await (const one of jobs.untouched('accepted', NOW)) if (one.client_id === client_id) found.push(one);
    expect(found).toEqual([old, later]);
  });

  it('does not make a job by marking one that is not there', async () => {
    const absent = { client_id: 'clinic-a', job_id: randomUUID() };
    await expect(jobs.markQueued(absent, LATER)).rejects.toThrow();
    expect(await jobs.get(absent)).toBeUndefined();
  });
});

describe('the table of clients', () => {
  let clients: ClientTable;
  let table: string;
  beforeAll(async () => {
    table = `test-${randomUUID()}`;
    await createTable(dynamodb, table, 'key_hash');
    clients = new ClientTable(dynamodb, table);
  });

  async function stored(key: string) {
    const { Item } = await DynamoDBDocumentClient.from(dynamodb).send(
      new GetCommand({ TableName: table, Key: { key_hash: hashClientKey(key) } }),
    );
    return Item;
  }

  it('finds the client of a key, and holds only the hash', async () => {
    const key = newClientKey();
    await clients.register(key, 'clinic-a', NOW);
    expect(await clients.find(key)).toMatchObject({ client_id: 'clinic-a', created_at: NOW.toISOString() });
    expect(JSON.stringify(await stored(key))).not.toContain(key);
  });

  it.each([newClientKey(), 'mip_short', ''])('knows nobody with the key %j', async (key) => {
    expect(await clients.find(key)).toBeUndefined();
  });

  it('registers the same pair again without a change', async () => {
    const key = newClientKey();
    await clients.register(key, 'clinic-a', NOW);
    const before = await stored(key);
    await clients.register(key, 'clinic-a', LATER);
    expect(await stored(key)).toEqual(before);
  });

  it("does not give one client's key to another", async () => {
    const key = newClientKey();
    await clients.register(key, 'clinic-a', NOW);
    await expect(clients.register(key, 'clinic-b', NOW)).rejects.toThrow('another client');
    expect((await clients.find(key))?.client_id).toBe('clinic-a');
  });

  it('refuses a revoked key, also after it is registered again', async () => {
    const key = newClientKey();
    const revoked = { key_hash: hashClientKey(key), client_id: 'clinic-a', created_at: NOW.toISOString(), revoked_at: NOW.toISOString() };
    await DynamoDBDocumentClient.from(dynamodb).send(new PutCommand({ TableName: table, Item: revoked }));
    await clients.register(key, 'clinic-a', LATER);
    expect(await clients.find(key)).toBeUndefined();
  });
});
