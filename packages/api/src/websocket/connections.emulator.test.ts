/** The table of connections and the log of events, in DynamoDB and in memory: what the tests of the WebSocket believe of both. */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient, GetItemCommand, QueryCommand, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { ConnectionTable, EventLog, MOST_CONNECTIONS, MOST_WAITING, positionAt } from '@mip/registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../../tests/emulator.ts';
import { createTable } from '../../../../tests/tables.ts';
import { madeEvent } from '../testing/job-events.ts';
import { WebSocketMemory } from '../testing/websocket-memory.ts';
import type { WebSocketPorts } from './ports.ts';

const NOW = new Date('2024-01-31T10:00:00.000Z');
const TableName = `test-${randomUUID()}`;
type Tables = Pick<WebSocketPorts, 'events'> & {
  readonly connections: WebSocketPorts['connections'] & Pick<ConnectionTable, 'issueTicket'>;
};

let emulator: TestEmulator;
let client: DynamoDBClient;
beforeAll(async () => {
  emulator = await openEmulator();
  client = new DynamoDBClient(emulator.connection);
  await createTable(client, TableName, 'client_id', 'row');
});
afterAll(() => emulator?.stop());

const later = (ms: number) => new Date(NOW.getTime() + ms);
const name = () => `clinic-${randomUUID().slice(0, 8)}`;

async function collected(events: AsyncIterable<{ readonly id: string }>): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { id } of events) ids.push(id);
  return ids;
}

describe.each<[string, () => Tables]>([
  ['DynamoDB', () => ({ connections: new ConnectionTable(client, TableName), events: new EventLog(client, TableName) })],
  ['memory', () => new WebSocketMemory()],
])('in %s', (_where, tables) => {
  async function opened(connections: Tables['connections']) {
    const identity = { client_id: name(), connection_id: `${randomUUID().slice(0, 8)}=` };
    expect(await connections.open(identity, NOW)).toBe(true);
    return identity;
  }

  it('a ticket is taken once, in its minute', async () => {
    const { connections } = tables();
    const { ticket, expires } = await connections.issueTicket({ client_id: 'clinic-a' }, NOW);
    expect(expires).toEqual(later(60_000));
    expect(await connections.takeTicket(ticket, later(60_000))).toBe(undefined);
    const taken = await Promise.all([1, 2, 3].map(() => connections.takeTicket(ticket, later(59_999))));
    expect(taken.filter((owner) => owner !== undefined)).toEqual([{ client_id: 'clinic-a' }]);
    expect(await connections.takeTicket(ticket, NOW)).toBe(undefined);
  });

  it('a connection is found by its id until it is closed, and a client has at most so many', async () => {
    const { connections } = tables();
    const identity = await opened(connections);
    expect(await connections.find(identity.connection_id)).toMatchObject(identity);
    const more = Array.from({ length: MOST_CONNECTIONS - 1 }, (_, index) => ({
      ...identity,
      connection_id: `${identity.connection_id}${index}`,
    }));
    for (const one of more) expect(await connections.open(one, NOW)).toBe(true);
    expect(await connections.open({ ...identity, connection_id: 'one too many' }, NOW)).toBe(false);
    expect(await connections.of(identity.client_id, NOW)).toHaveLength(MOST_CONNECTIONS);
    await connections.close(identity);
    await connections.close(identity);
    expect([await connections.find(identity.connection_id), await connections.get(identity)]).toEqual([undefined, undefined]);
    expect(await connections.open({ ...identity, connection_id: 'in its place' }, NOW)).toBe(true);
  });

  it.each([
    ['a key', { key_hash: 'a'.repeat(64) }, { key_hash: 'a'.repeat(64) }],
    ['a token', { expires_at: later(300_000).toISOString() }, { allowed_until: later(300_000).toISOString() }],
    ['a key with an end', { key_hash: 'b', expires_at: NOW.toISOString() }, { key_hash: 'b', allowed_until: NOW.toISOString() }],
  ])('a ticket and its connection know that they are by %s', async (_what, client, credential) => {
    const { connections } = tables();
    const client_id = name();
    const { ticket } = await connections.issueTicket({ client_id, ...client }, NOW);
    const owner = await connections.takeTicket(ticket, NOW);
    expect(owner).toEqual({ client_id, ...credential });
    const identity = { client_id, connection_id: `${randomUUID().slice(0, 8)}=` };
    await connections.open({ ...identity, ...credential }, NOW);
    expect(await connections.find(identity.connection_id)).toMatchObject({ ...identity, ...credential });
    expect(await connections.get(identity)).toMatchObject(credential);
    expect(await connections.of(client_id, NOW)).toMatchObject([credential]);
    expect(await connections.hold(identity, 'one', NOW)).toMatchObject(credential);
  });

  it('a connection is bounded, never for longer than it was, and one that is closed stays so', async () => {
    const { connections } = tables();
    const identity = await opened(connections);
    const seen = async () => [
      (await connections.find(identity.connection_id))?.allowed_until,
      (await connections.get(identity))?.allowed_until,
    ];
    expect(await seen()).toEqual([undefined, undefined]);
    for (const [ms, expected] of [
      [2000, 2000],
      [1000, 1000],
      [3000, 1000],
    ] as const) {
      await connections.allowUntil(identity, later(ms).toISOString());
      expect(await seen()).toEqual([later(expected).toISOString(), later(expected).toISOString()]);
    }
    await connections.close(identity);
    await connections.allowUntil(identity, NOW.toISOString());
    expect([await connections.find(identity.connection_id), await connections.get(identity)]).toEqual([undefined, undefined]);
  });

  it('a replay is left events until it makes its connection live, once', async () => {
    const { connections } = tables();
    const identity = await opened(connections);
    expect(await connections.leave(identity, 'evt_a')).toBe(false);
    expect(await connections.hold(identity, 'one', NOW)).toMatchObject({ ...identity, phase: 'replaying', held_at: NOW.toISOString() });
    for (const id of ['evt_a', 'evt_b', 'evt_a']) expect(await connections.leave(identity, id)).toBe(true);
    expect([...((await connections.goLive(identity, 'one', ['evt_0'])) ?? [])].sort()).toEqual(['evt_a', 'evt_b']);
    expect(await connections.get(identity)).toMatchObject({ phase: 'live', replayed: ['evt_0'] });
    expect(await connections.leave(identity, 'evt_c')).toBe(false);
    expect(await connections.goLive(identity, 'one', [])).toBe(undefined);
  });

  it('a replay that another has taken over ends nothing, and one that pauses leaves nothing behind', async () => {
    const { connections } = tables();
    const identity = await opened(connections);
    await connections.hold(identity, 'one', NOW);
    await connections.leave(identity, 'evt_a');
    await connections.hold(identity, 'two', NOW);
    expect(await connections.goLive(identity, 'one', [])).toBe(undefined);
    await connections.pause(identity, 'one', []);
    expect(await connections.get(identity)).toMatchObject({ phase: 'replaying' });
    await connections.pause(identity, 'two', ['evt_0']);
    expect(await connections.get(identity)).toMatchObject({ phase: 'opened', replayed: ['evt_0'] });
    await connections.hold(identity, 'three', NOW);
    expect(await connections.goLive(identity, 'three', [])).toEqual([]);
  });

  it('nothing is held, left or made live of a connection that is closed', async () => {
    const { connections } = tables();
    const identity = await opened(connections);
    await connections.hold(identity, 'one', NOW);
    await connections.close(identity);
    expect(await connections.leave(identity, 'evt_a')).toBe(false);
    expect(await connections.goLive(identity, 'one', [])).toBe(undefined);
    expect(await connections.hold(identity, 'two', NOW)).toBe(undefined);
    expect(await connections.of(identity.client_id, NOW)).toEqual([]);
  });

  it('the log keeps the place of an event that is written again, and gives those of one client in order', async () => {
    const { events } = tables();
    const mine = name();
    const [a, b, c] = ['a', 'b', 'c'].map((job) => madeEvent(job, mine));
    if (!a || !b || !c) throw new Error('three were made');
    await events.append(b, later(1));
    await events.append(a, later(2));
    await events.append(madeEvent('a', name()), later(2));
    await events.append(b, later(3));
    await events.append(c, later(4));
    expect(await collected(events.from(mine, positionAt(NOW)))).toEqual([b, a, c].map(({ event_id }) => event_id));
    expect(await collected(events.from(mine, positionAt(later(2))))).toEqual([a, c].map(({ event_id }) => event_id));
    expect(await events.positionOf(mine, b.event_id)).toBe(`${later(1).toISOString()}#${b.event_id}`);
    expect(await events.positionOf(name(), b.event_id)).toBe(undefined);
    for await (const { text } of events.from(mine, positionAt(later(4)))) expect(JSON.parse(text)).toEqual(c);
  });
});

describe('in the table', () => {
  it('a ticket is nowhere to be read, and everything has a time to go', async () => {
    const { ticket } = await new ConnectionTable(client, TableName).issueTicket({ client_id: 'clinic-a' }, NOW);
    const { Items = [] } = await client.send(new ScanCommand({ TableName }));
    expect(JSON.stringify(Items)).not.toContain(ticket);
    expect(Items.filter(({ expires_at }) => !(Number(expires_at?.N) > NOW.getTime() / 1000))).toEqual([]);
  });

  it('events do not stand where the connections of their client are looked for', async () => {
    const identity = { client_id: name(), connection_id: 'one' };
    await new ConnectionTable(client, TableName).open(identity, NOW);
    const events = new EventLog(client, TableName);
    for (const job of ['a', 'b', 'c']) await events.append(madeEvent(job, identity.client_id), NOW);
    const rows = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'client_id = :client',
        ExpressionAttributeValues: { ':client': { S: identity.client_id } },
      }),
    );
    expect(rows.Items?.map(({ row }) => row?.S)).toEqual(['connection#one']);
  });

  it('so many events wait for a replay and no more', async () => {
    const connections = new ConnectionTable(client, TableName);
    const identity = { client_id: name(), connection_id: 'full' };
    await connections.open(identity, NOW);
    await connections.hold(identity, 'one', NOW);
    const ids = Array.from({ length: MOST_WAITING }, (_, index) => `evt_${index.toString(16).padStart(32, '0')}`);
    const Key = { client_id: { S: identity.client_id }, row: { S: `connection#${identity.connection_id}` } };
    await client.send(
      new UpdateItemCommand({ TableName, Key, UpdateExpression: 'ADD waiting :ids', ExpressionAttributeValues: { ':ids': { SS: ids } } }),
    );
    expect(await connections.leave(identity, 'evt_one_too_many')).toBe(false);
    const { Item } = await client.send(new GetItemCommand({ TableName, Key }));
    expect(JSON.stringify(Item).length).toBeLessThan(400_000 / 2); // an item's bound, half of it for what was replayed
  });
});
