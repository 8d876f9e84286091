/** Lists over tables of an emulator: every row once, whatever the size of a page, and one read for each page. */
import { randomUUID } from 'node:crypto';
import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { type JobFilter, type JobPlace, JobTable, physicalNames, Registry, type RowFilter } from '@mip/registry';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { createTable } from '../../../tests/tables.ts';
import { adminPorts } from './admin-aws.ts';
import { createApp } from './app.ts';
import { ENTRY } from './testing/fixtures.ts';
import { PAGES } from './testing/pages.ts';

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

async function fill(TableName: string, items: readonly object[]): Promise<void> {
  for (let at = 0; at < items.length; at += 25) {
    const puts = items.slice(at, at + 25).map((one) => ({ PutRequest: { Item: marshall(one, { removeUndefinedValues: true }) } }));
    await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: puts } }));
  }
}

/** A client that counts what it is asked. */
function counted() {
  const document = DynamoDBDocumentClient.from(dynamodb);
  const asked: string[] = [];
  const send = (command: object) => {
    asked.push(command.constructor.name);
    return document.send(command as never);
  };
  return { asked, document: Object.assign(Object.create(document), { send }) as DynamoDBDocumentClient };
}

describe('the jobs of a client', () => {
  const table = `test-${randomUUID()}`;
  const at = (second: number) => new Date(Date.UTC(2024, 0, 31, 10, 0, second)).toISOString();
  const made = (client_id: string, index: number) => ({
    client_id,
    job_id: `job-${index}`,
    accepted_at: at(Math.floor(index / 3)), // three at a time
    algorithm: index % 2 ? 'seg' : 'window-level',
    state: index % 5 ? 'succeeded' : 'failed',
  });
  const own = Array.from({ length: 60 }, (_, index) => made('clinic-a', index));
  let asked: string[];
  let jobs: JobTable;
  beforeAll(async () => {
    const one = counted();
    asked = one.asked;
    jobs = new JobTable(one.document, table);
    const byClient = { name: 'by-client', key: 'client_id', sortKey: 'accepted_at' };
    await createTable(dynamodb, table, 'client_id', 'job_id', [byClient]);
    await fill(table, [...own, made('clinic-b', 1), made('clinic-c', 2)]);
  });

  async function allOf(filter: JobFilter): Promise<readonly string[]> {
    const ids: string[] = [];
    let after: JobPlace | undefined;
    do {
      const page = await jobs.page('clinic-a', { ...filter, ...(after && { after }) });
      expect(page.records.length).toBeLessThanOrEqual(filter.limit);
      ids.push(...page.records.map(({ job_id }) => job_id));
      after = page.next;
    } while (after);
    return ids;
  }

  it.each([1, 7, 100])('come once each in pages of %d, the newest first', async (limit) => {
    const ids = await allOf({ limit });
    expect(ids.toSorted()).toEqual(own.map(({ job_id }) => job_id).toSorted());
    const times = ids.map((id) => own.find(({ job_id }) => job_id === id)?.accepted_at ?? '');
    expect(times).toEqual(times.toSorted().reverse());
  });

  it.each<[Omit<JobFilter, 'limit'>, (job: ReturnType<typeof made>) => boolean]>([
    [{ algorithm: 'seg' }, ({ algorithm }) => algorithm === 'seg'],
    [{ state: 'failed' }, ({ state }) => state === 'failed'],
    [{ algorithm: 'seg', state: 'failed' }, ({ algorithm, state }) => algorithm === 'seg' && state === 'failed'],
    [{ since: new Date(at(10)) }, ({ accepted_at }) => accepted_at >= at(10)],
    [{ since: new Date(at(10)), state: 'failed' }, ({ accepted_at, state }) => accepted_at >= at(10) && state === 'failed'],
  ])('are those of %j', async (filter, fits) => {
    const expected = own.filter(fits).map(({ job_id }) => job_id);
    expect(expected.length).toBeGreaterThan(2);
    for (const limit of [2, 100]) expect((await allOf({ ...filter, limit })).toSorted()).toEqual(expected.toSorted());
  });

  it('take one read a page', async () => {
    asked.length = 0;
    await jobs.page('clinic-a', { limit: 5 });
    await jobs.page('clinic-a', { limit: 5, state: 'failed' });
    expect(asked).toEqual(['QueryCommand', 'QueryCommand']);
  });
});

describe('the algorithms', () => {
  const table = `test-${randomUUID()}`;
  const rows = Array.from({ length: 60 }, (_, index) => ({
    ...ENTRY,
    algorithm_name: `seg-${index}`,
    status: index % 5 ? 'active' : 'failed',
    algorithm_type: index % 2 ? 'python' : 'openmp',
  }));
  let asked: string[];
  let registry: Registry;
  beforeAll(async () => {
    const one = counted();
    asked = one.asked;
    registry = new Registry(one.document, table);
    await createTable(dynamodb, table, 'algorithm_name');
    await fill(table, rows);
  });

  async function allOf(filter: RowFilter): Promise<readonly string[]> {
    const names: string[] = [];
    let after: string | undefined;
    do {
      const page = await registry.page({ ...filter, ...(after !== undefined && { after }) });
      names.push(...page.rows.map(({ algorithm_name }) => algorithm_name));
      after = page.next;
    } while (after !== undefined);
    return names.toSorted();
  }

  it.each([1, 7, 100])('come once each in pages of %d, one read each', async (limit) => {
    asked.length = 0;
    expect(await allOf({ limit })).toEqual(rows.map(({ algorithm_name }) => algorithm_name).toSorted());
    expect(new Set(asked)).toEqual(new Set(['ScanCommand']));
    expect(asked.length).toBeLessThanOrEqual(Math.floor(60 / limit) + 1);
  });

  it.each([2, 100])('are those of a status and a type, in pages of %d', async (limit) => {
    const fits = rows.filter(({ status, algorithm_type }) => status === 'failed' && algorithm_type === 'python');
    expect(await allOf({ limit, status: 'failed', type: 'python' })).toEqual(fits.map(({ algorithm_name }) => algorithm_name).toSorted());
  });
});

describe('the administrator', () => {
  const scope = { prefix: `t${randomUUID().slice(0, 8)}`, account: '000000000000', region: 'eu-central-1', platform: 'test' };
  const names = physicalNames(scope);
  let ssm: SSMClient;
  beforeAll(async () => {
    ssm = new SSMClient(emulator.connection);
    await createTable(dynamodb, names.table('algorithms'), 'algorithm_name');
    await createTable(dynamodb, names.table('clients'), 'key_hash');
    await fill(names.table('algorithms'), [ENTRY]);
  });
  afterAll(() => ssm.destroy());

  const app = (): FastifyInstance =>
    createApp(adminPorts(scope, { pages: PAGES, catalog: '', connection: emulator.connection }), {
      part: 'admin',
      maxRequestBytes: 1000,
      log: { write: () => undefined },
    });
  const statusWith = async (key: string) => (await app().inject({ url: '/algorithms', headers: { 'x-admin-key': key } })).statusCode;
  const put = (Name: string, Value: string) => ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }));

  it('is let in with the key of the parameter, and while it is rotated with the one before', async () => {
    expect(await statusWith('one')).toBe(401);
    await put(names.adminKey, 'one');
    expect([await statusWith('one'), await statusWith('two')]).toEqual([200, 401]);
    await put(names.previousAdminKey, 'one');
    await put(names.adminKey, 'two');
    expect([await statusWith('one'), await statusWith('two')]).toEqual([200, 200]);
    await ssm.send(new DeleteParameterCommand({ Name: names.previousAdminKey }));
    expect([await statusWith('one'), await statusWith('two')]).toEqual([401, 200]);
  });
});
