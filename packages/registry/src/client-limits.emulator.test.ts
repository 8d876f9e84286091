/** What is counted of a client, on the tables of an emulator. */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { createTable } from '../../../tests/tables.ts';
import { OpenJobs } from './open-jobs.ts';
import { RateTable } from './rate-table.ts';

const NOW = new Date('2024-01-31T10:00:15.000Z');
const LATER = new Date('2024-01-31T10:01:00.000Z');

let emulator: TestEmulator;
let dynamodb: DynamoDBClient;
let document: DynamoDBDocumentClient;

beforeAll(async () => {
  emulator = await openEmulator();
  dynamodb = new DynamoDBClient(emulator.connection);
  document = DynamoDBDocumentClient.from(dynamodb);
});
afterAll(async () => {
  dynamodb.destroy();
  await emulator.stop();
});

describe('the requests of a minute', () => {
  let table: string;
  beforeAll(async () => {
    table = `test-${randomUUID()}`;
    await createTable(dynamodb, table, 'client_id', 'row');
  });

  const rows = async (client: string) => {
    const { Items } = await document.send(
      new QueryCommand({ TableName: table, KeyConditionExpression: 'client_id = :c', ExpressionAttributeValues: { ':c': client } }),
    );
    return Items;
  };

  it('are counted over all processes, however many ask at the same time', async () => {
    const processes = [1, 2, 3].map(() => new RateTable(document, table));
    const taken = await Promise.all(
      Array.from({ length: 30 }, (_, index) => (processes[index % 3] as RateTable).take('clinic-a', 20, NOW)),
    );
    const left = taken.filter((one) => one !== undefined).toSorted((a, b) => b - a);
    expect(left).toEqual(Array.from({ length: 20 }, (_, index) => 19 - index));
  });

  it('are those of one minute and one client', async () => {
    const rates = new RateTable(document, table);
    expect(await rates.take('clinic-b', 1, NOW)).toBe(0);
    expect(await rates.take('clinic-b', 1, NOW)).toBeUndefined();
    expect(await rates.take('clinic-c', 1, NOW)).toBe(0);
    expect(await rates.take('clinic-b', 1, LATER)).toBe(0);
  });

  it('lie in rows that go by themselves once nobody asks for them', async () => {
    await new RateTable(document, table).take('clinic-d', 5, NOW);
    const expires_at = Date.parse('2024-01-31T10:05:00Z') / 1000;
    expect(await rows('clinic-d')).toEqual([{ client_id: 'clinic-d', row: expect.stringMatching(/^rate\//), requests: 1, expires_at }]);
  });

  it('cost one call a minute once there is none left', async () => {
    let calls = 0;
    const send = ((command: never) => {
      calls += 1;
      return document.send(command);
    }) as DynamoDBDocumentClient['send'];
    const rates = new RateTable({ send }, table);
    for (let count = 0; count < 50; count += 1) await rates.take('clinic-e', 2, NOW);
    expect(calls).toBe(3);
    expect((await rows('clinic-e'))?.[0]?.requests).toBe(2);
  });
});

describe('the open jobs of a client', () => {
  let jobs: OpenJobs;
  beforeAll(async () => {
    const table = `test-${randomUUID()}`;
    const byClientOpen = { name: 'by-client-open', key: 'client_id', sortKey: 'open_state', projection: 'KEYS_ONLY' } as const;
    await createTable(dynamodb, table, 'client_id', 'job_id', [byClientOpen]);
    jobs = new OpenJobs(document, table);
    const states = ['accepted', 'queued', 'queued', 'running', undefined, undefined];
    for (const [number, open_state] of states.entries())
      await document.send(
        new PutCommand({ TableName: table, Item: { client_id: 'clinic-a', job_id: `job-${number}`, ...(open_state && { open_state }) } }),
      );
    await document.send(new PutCommand({ TableName: table, Item: { client_id: 'clinic-b', job_id: 'job-0', open_state: 'queued' } }));
  });

  it.each([
    ['clinic-a', 10, 4],
    ['clinic-a', 4, 4],
    ['clinic-a', 2, 2],
    ['clinic-b', 10, 1],
    ['clinic-c', 10, 0],
  ])('of %s, as far as %i, are %i', async (client, most, count) => {
    expect(await jobs.count(client, most)).toBe(count);
  });
});
