import { randomUUID } from 'node:crypto';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { createTable } from '../../../tests/tables.ts';
import { ClientAdmin } from './client-admin.ts';
import { ClientTable, hashClientKey, newClientKey } from './clients.ts';
import { ConnectionTable, isOver } from './connections.ts';

const NOW = new Date('2026-01-31T10:00:00.000Z');
const UNTIL = new Date('2026-02-01T10:00:00.000Z');
const AFTER = new Date('2026-02-01T10:00:01.000Z');

let emulator: TestEmulator;
let dynamodb: DynamoDBClient;
let table: string;
let admin: ClientAdmin;
let connections: ConnectionTable;

beforeAll(async () => {
  emulator = await openEmulator();
  dynamodb = new DynamoDBClient(emulator.connection);
});
afterAll(() => emulator.stop());

beforeEach(async () => {
  table = `test-${randomUUID()}`;
  connections = new ConnectionTable(dynamodb, `${table}-connections`);
  admin = new ClientAdmin(dynamodb, { clients: table, connections: `${table}-connections` });
  await createTable(dynamodb, `${table}-connections`, 'client_id', 'row');
  await createTable(dynamodb, table, 'key_hash');
});

const found = (key: string, at = NOW) => new ClientTable(dynamodb, table, () => at).find(key);

describe('a client', () => {
  it('is added once, with a key that only its holder knows', async () => {
    const key = newClientKey();
    await admin.add('clinic-a', key, NOW);
    expect(await found(key)).toMatchObject({ client_id: 'clinic-a' });
    expect(await admin.list(NOW)).toEqual([{ client_id: 'clinic-a', created_at: NOW.toISOString(), keys: 1 }]);
    await expect(admin.add('clinic-a', newClientKey(), NOW)).rejects.toThrow('already');
    expect(JSON.stringify(await dynamodb.send(new ScanCommand({ TableName: table })))).not.toContain(key);
  });

  it.each(['', 'a b', '-a', 'x'.repeat(65), 'mip-conformance', 'client#a'])('is not called %j', async (name) => {
    await expect(admin.add(name, newClientKey(), NOW)).rejects.toThrow('name');
    expect(await admin.list(NOW)).toEqual([]);
  });

  it('that gets another key can use the older one until its time is over, and never longer than it could', async () => {
    const [first, second, third] = [newClientKey(), newClientKey(), newClientKey()];
    await admin.add('clinic-a', first, NOW);
    await admin.rotate('clinic-a', second, { now: NOW, until: UNTIL });
    expect([await found(first), await found(second)]).toMatchObject([{ client_id: 'clinic-a' }, { client_id: 'clinic-a' }]);
    expect([await found(first, UNTIL), await found(first, AFTER)]).toEqual([undefined, undefined]);
    expect(await found(second, AFTER)).toBeDefined();
    expect(await admin.list(NOW)).toMatchObject([{ keys: 2, older_until: UNTIL.toISOString() }]);
    await admin.rotate('clinic-a', third, { now: NOW, until: new Date(AFTER.getTime() + 1000) });
    expect([await found(first, AFTER), (await found(second, AFTER))?.client_id]).toEqual([undefined, 'clinic-a']);
  });

  it('that is revoked has no valid key, and no other client loses one', async () => {
    const [own, other] = [newClientKey(), newClientKey()];
    await admin.add('clinic-a', own, NOW);
    await admin.add('clinic-b', other, NOW);
    expect([await admin.revoke('clinic-a', NOW), await admin.revoke('clinic-a', NOW)]).toEqual([1, 0]);
    expect([await found(own), (await found(other))?.client_id]).toEqual([undefined, 'clinic-b']);
    expect(await admin.list(NOW)).toMatchObject([
      { client_id: 'clinic-a', keys: 0 },
      { client_id: 'clinic-b', keys: 1 },
    ]);
  });

  describe('with connections', () => {
    const [first, second, other] = [newClientKey(), newClientKey(), newClientKey()];
    const open = (connection_id: string, client_id: string, key?: string) =>
      connections.open({ client_id, connection_id, ...(key !== undefined && { key_hash: hashClientKey(key) }) }, NOW);
    const over = async (at: Date) =>
      (await Promise.all(['clinic-a', 'clinic-b'].map((client) => connections.of(client, NOW))))
        .flat()
        .filter((connection) => isOver(connection, at))
        .map(({ connection_id }) => connection_id)
        .sort();

    beforeEach(async () => {
      await admin.add('clinic-a', first, NOW);
      await admin.add('clinic-b', other, NOW);
      await open('by-first', 'clinic-a', first);
      await open('by-token', 'clinic-a');
      await open('of-another', 'clinic-b', other);
    });

    it('that is revoked loses those that its keys opened, whatever the clocks say, and again after a run that failed between', async () => {
      await admin.revoke('clinic-a', NOW);
      expect(await over(new Date(NOW.getTime() - 3_600_000))).toEqual(['by-first']);
      await open('by-first-again', 'clinic-a', first);
      expect(await admin.revoke('clinic-a', NOW)).toBe(0);
      expect(await over(NOW)).toEqual(['by-first', 'by-first-again']);
    });

    it('that gets another key keeps those of older ones as long as these, and those of the new one', async () => {
      await admin.rotate('clinic-a', second, { now: NOW, until: UNTIL });
      await open('by-second', 'clinic-a', second);
      expect([await over(NOW), await over(UNTIL)]).toEqual([[], ['by-first']]);
      await admin.rotate('clinic-a', newClientKey(), { now: NOW, until: NOW });
      expect(await over(NOW)).toEqual(['by-first', 'by-second']);
    });
  });

  it('has its limits on every key, also on one that comes later', async () => {
    const [first, second] = [newClientKey(), newClientKey()];
    await admin.add('clinic-a', first, NOW);
    await admin.set('clinic-a', { limits: { per_minute: 60 } }, NOW);
    await admin.set('clinic-a', { limits: { concurrent: 8 } }, NOW);
    await admin.set('clinic-a', { signs_callbacks: true }, NOW);
    await admin.rotate('clinic-a', second, { now: NOW, until: UNTIL });
    const settings = { limits: { per_minute: 60, concurrent: 8 }, signs_callbacks: true };
    expect([await found(first), await found(second)]).toMatchObject([settings, settings]);
    expect(await admin.list(NOW)).toMatchObject([settings]);
  });

  it('of a local cloud, which has a key and nothing else, is one like any other', async () => {
    const key = newClientKey();
    await new ClientTable(dynamodb, table).register(key, 'local', NOW);
    await admin.set('local', { signs_callbacks: true }, AFTER);
    expect(await found(key)).toMatchObject({ signs_callbacks: true });
    expect(await admin.list(NOW)).toEqual([{ client_id: 'local', created_at: NOW.toISOString(), keys: 1, signs_callbacks: true }]);
  });

  it.each<[string, (name: string) => Promise<unknown>]>([
    ['rotated', (name) => admin.rotate(name, newClientKey(), { now: NOW, until: UNTIL })],
    ['revoked', (name) => admin.revoke(name, NOW)],
    ['limited', (name) => admin.set(name, { limits: {} }, NOW)],
  ])('that nobody added cannot be %s', async (_what, act) => {
    await expect(act('nobody')).rejects.toThrow('there is no client nobody');
    expect(await admin.list(NOW)).toEqual([]);
  });
});
