import { type Client, MOST_CONNECTIONS } from '@mip/registry';
import { beforeEach, describe, expect, it } from 'vitest';
import { madeEvent } from '../testing/job-events.ts';
import { WebSocketMemory } from '../testing/websocket-memory.ts';
import { connect, disconnect, receive } from './handlers.ts';
import { webSocketHandler } from './lambda.ts';
import { pusher } from './push.ts';

let memory: WebSocketMemory;
let push: ReturnType<typeof pusher>;
beforeEach(() => {
  memory = new WebSocketMemory();
  push = pusher(memory);
});

async function open(id: string, client = 'clinic-a') {
  const { ticket } = await memory.connections.issueTicket({ client_id: client }, memory.time);
  return connect(memory, id, ticket);
}

const say = (id: string, frame: unknown) => receive(memory, id, { text: JSON.stringify(frame), binary: false });
const later = (ms: number) => {
  memory.time = new Date(memory.time.getTime() + ms);
};
const idOf = (name: string, client?: string) => madeEvent(name, client).event_id;

describe('a ticket', () => {
  it('lets in once', async () => {
    const { ticket } = await memory.connections.issueTicket({ client_id: 'clinic-a' }, memory.time);
    expect(await connect(memory, 'c1', ticket)).toEqual({ status: 200, client_id: 'clinic-a' });
    expect(await connect(memory, 'c2', ticket)).toEqual({ status: 401 });
  });

  it.each([
    ['none', undefined],
    ['an unknown one', `mipws_${'x'.repeat(43)}`],
    ['what is no ticket', '../x'],
  ])('%s does not', async (_what, ticket) => {
    expect(await connect(memory, 'c1', ticket)).toEqual({ status: 401 });
  });

  it('is refused after a minute', async () => {
    const { ticket } = await memory.connections.issueTicket({ client_id: 'clinic-a' }, memory.time);
    later(60_000);
    expect(await connect(memory, 'c1', ticket)).toEqual({ status: 401 });
  });

  it('lets in no more than a client may have open, and again when one is closed', async () => {
    for (let index = 0; index < MOST_CONNECTIONS; index++) expect((await open(`c${index}`)).status).toBe(200);
    expect((await open('one too many')).status).toBe(429);
    expect((await open('of another', 'clinic-b')).status).toBe(200);
    await disconnect(memory, 'c3');
    expect((await open('in its place')).status).toBe(200);
  });
});

describe('a connection', () => {
  it('hears nothing until it says from when', async () => {
    await open('c1');
    await push(madeEvent('early'));
    later(1);
    expect(memory.heard('c1')).toEqual([]);
    await say('c1', { action: 'live' });
    await push(madeEvent('late'));
    expect(memory.heard('c1')).toEqual(['live', idOf('late')]);
  });

  it('hears an event as it was pushed, word for word', async () => {
    await open('c1');
    await say('c1', { action: 'live' });
    const event = madeEvent('job-1', 'clinic-a', {
      delivery: 2,
      error: { code: 'timeout', message: 'It took too long.' },
      type: 'job.failed',
    });
    await push(event);
    expect(JSON.parse(memory.sent.get('c1')?.at(-1) ?? '')).toEqual(event);
  });

  it('hears of its own client alone, live and since', async () => {
    await open('a');
    await open('b', 'clinic-b');
    await say('a', { action: 'live' });
    await push(madeEvent('x', 'clinic-b'));
    await push(madeEvent('y', 'clinic-a'));
    await say('b', { action: 'since', at: memory.time.toISOString() });
    expect(memory.heard('a')).toEqual(['live', idOf('y')]);
    expect(memory.heard('b')).toEqual([idOf('x', 'clinic-b'), 'live']);
    await say('b', { action: 'since', cursor: idOf('y') });
    expect(JSON.parse(memory.sent.get('b')?.at(-1) ?? '')).toMatchObject({ action: 'error', code: 'unknown-cursor' });
  });

  it('hears since its cursor what it missed, in the order of the log, then what comes', async () => {
    for (const name of ['a', 'b', 'c', 'd']) {
      await push(madeEvent(name));
      later(10_000);
    }
    await open('c1');
    await say('c1', { action: 'since', cursor: idOf('b') });
    await push(madeEvent('e'));
    expect(memory.heard('c1')).toEqual([idOf('c'), idOf('d'), 'live', idOf('e')]);
  });

  it('hears again what came within the log’s slack before its cursor, unless it says that it has it', async () => {
    for (const name of ['a', 'b', 'c']) await push(madeEvent(name));
    const [, second = '', third = ''] = (['a', 'b', 'c'] as const).map((name) => idOf(name)).sort();
    await open('c1');
    await say('c1', { action: 'since', cursor: third });
    expect(memory.heard('c1')).toHaveLength(3);
    await open('c2');
    await say('c2', { action: 'since', cursor: third, seen: [second] });
    expect(memory.heard('c2')).toHaveLength(2);
  });

  it('is sent no more than so many at a time, and gets all of them by asking on', async () => {
    const names = Array.from({ length: 1203 }, (_, index) => String(index));
    for (const name of names) {
      await push(madeEvent(name));
      later(1);
    }
    await open('c1');
    let frame: object = { action: 'since', at: '2024-01-31T10:00:00.000Z' };
    for (let asks = 0; memory.heard('c1').at(-1) !== 'live'; asks++) {
      expect(asks).toBeLessThan(4);
      await say('c1', frame);
      const { action, cursor } = JSON.parse(memory.sent.get('c1')?.at(-1) ?? '');
      if (action === 'more') frame = { action: 'since', cursor };
    }
    expect(memory.heard('c1').filter((one) => one.startsWith('evt_'))).toEqual(names.map((name) => idOf(name)));
  });

  it('is told where what it asks for is not kept any more', async () => {
    await push(madeEvent('old'));
    later(25 * 3_600_000);
    await open('c1');
    await say('c1', { action: 'since', cursor: idOf('old') });
    await say('c1', { action: 'since', at: '2024-01-31T10:00:00Z' });
    expect(memory.sent.get('c1')?.map((text) => JSON.parse(text).code)).toEqual(['too-old', 'too-old']);
  });

  it('has a heartbeat, and an error frame for what nobody knows', async () => {
    await open('c1');
    await say('c1', { action: 'ping' });
    await receive(memory, 'c1', { text: '{"action":', binary: false });
    expect(memory.heard('c1')).toEqual(['pong', 'error']);
  });

  it('that was given up is ended at its next word', async () => {
    expect(await say('nobody', { action: 'ping' })).toEqual({ status: 410 });
    expect(memory.gone).toContain('nobody');
  });

  it('that is gone is forgotten at the next event, and nobody minds', async () => {
    await open('c1');
    await open('c2');
    for (const id of ['c1', 'c2']) await say(id, { action: 'live' });
    memory.gone.add('c1');
    await push(madeEvent('x'));
    expect(memory.ofClient('clinic-a').map(({ connection_id }) => connection_id)).toEqual(['c2']);
    expect(memory.heard('c2')).toEqual(['live', idOf('x')]);
  });

  it('that cannot be reached is ended, so that its client comes back for what it missed', async () => {
    await open('c1');
    await say('c1', { action: 'live' });
    const busy = pusher({
      ...memory,
      connections: memory.connections,
      events: memory.events,
      now: memory.now,
      sockets: { ...memory.sockets, post: () => Promise.reject(new Error('busy')) },
    });
    await busy(madeEvent('x'));
    expect([memory.ofClient('clinic-a'), [...memory.gone]]).toEqual([[], ['c1']]);
  });

  it('whose replay died is ended after a minute', async () => {
    await open('c1');
    await memory.connections.hold({ client_id: 'clinic-a', connection_id: 'c1' }, 'a process that died', memory.time);
    await push(madeEvent('x'));
    expect(memory.ofClient('clinic-a')).toHaveLength(1);
    later(61_000);
    await push(madeEvent('y'));
    expect(memory.ofClient('clinic-a')).toEqual([]);
    expect(memory.gone).toContain('c1');
  });
});

describe('what let a connection in', () => {
  const KEY: Client = { key_hash: 'a'.repeat(64), client_id: 'clinic-a', created_at: '2024-01-01T00:00:00.000Z' };
  const in5Minutes = '2024-01-31T10:05:00.000Z';

  async function openBy(client: Client, id = 'c1') {
    if (client.key_hash !== undefined) memory.keys.set(client.key_hash, client);
    const { ticket } = await memory.connections.issueTicket(client, memory.time);
    return connect(memory, id, ticket);
  }
  /** As `mip clients revoke` does. */
  async function revoke() {
    memory.keys.set('a'.repeat(64), { ...KEY, revoked_at: memory.time.toISOString() });
    for (const connection of memory.ofClient('clinic-a')) await memory.connections.allowUntil(connection, '1970-01-01T00:00:00.000Z');
  }
  const left = () => memory.ofClient('clinic-a').map(({ connection_id }) => connection_id);

  it('is looked at when it connects: a ticket of a key that was revoked since is none', async () => {
    const { ticket } = await memory.connections.issueTicket(KEY, memory.time);
    await revoke();
    expect(await connect(memory, 'c1', ticket)).toEqual({ status: 401, client_id: 'clinic-a' });
    expect(left()).toEqual([]);
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['is opened', async () => undefined],
    ['is replaying', (id) => memory.connections.hold({ client_id: 'clinic-a', connection_id: id }, 'another process', memory.time)],
    ['is live', (id) => say(id, { action: 'live' })],
  ])('is its end when it is revoked: while it %s, the next event ends it and is not sent', async (_what, before) => {
    await openBy(KEY);
    await before('c1');
    await revoke();
    await push(madeEvent('secret'));
    expect(memory.heard('c1')).not.toContain(idOf('secret'));
    expect([left(), [...memory.gone]]).toEqual([[], ['c1']]);
  });

  it.each([
    ['a heartbeat', { action: 'ping' }],
    ['asking for events', { action: 'since', at: '2024-01-31T10:00:00Z' }],
  ])('is its end when it is revoked: %s is answered by the end', async (_what, frame) => {
    await push(madeEvent('secret'));
    await openBy(KEY);
    await revoke();
    expect(await say('c1', frame)).toEqual({ status: 410, client_id: 'clinic-a' });
    expect([memory.heard('c1'), left(), [...memory.gone]]).toEqual([[], [], ['c1']]);
  });

  it.each<[string, Client]>([
    ['a token, when it expires', { client_id: 'clinic-a', created_at: KEY.created_at, expires_at: in5Minutes }],
    ['an older key, when its time is over', { ...KEY, expires_at: in5Minutes }],
  ])('may be %s', async (_what, client) => {
    await openBy(client);
    await say('c1', { action: 'live' });
    later(299_999);
    await push(madeEvent('in time'));
    later(1);
    await push(madeEvent('too late'));
    expect(memory.heard('c1')).toEqual(['live', idOf('in time')]);
    expect([left(), [...memory.gone]]).toEqual([[], ['c1']]);
    expect(await openBy(client, 'c2')).toMatchObject({ status: 401 });
  });

  it('may have been given an end after its ticket was issued', async () => {
    const { ticket } = await memory.connections.issueTicket(KEY, memory.time);
    memory.keys.set('a'.repeat(64), { ...KEY, expires_at: in5Minutes });
    expect(await connect(memory, 'c1', ticket)).toMatchObject({ status: 200 });
    expect(memory.ofClient('clinic-a')).toMatchObject([{ allowed_until: in5Minutes }]);
  });

  it('costs a push nothing: what is called for a live connection is what was called before', async () => {
    await openBy(KEY);
    await say('c1', { action: 'live' });
    const calls: string[] = [];
    memory.turn = async (call) => calls.push(call);
    await push(madeEvent('x'));
    expect(calls).toEqual(['append', 'of', 'post']);
  });
});

describe('pushing', () => {
  it('fails where the event cannot be written down, and sends nothing', async () => {
    await open('c1');
    await say('c1', { action: 'live' });
    memory.turn = async (call) => {
      if (call === 'append') throw new Error('throttled');
    };
    await expect(push(madeEvent('x'))).rejects.toThrow('throttled');
    expect(memory.heard('c1')).toEqual(['live']);
  });

  it('again keeps one place in the log', async () => {
    await push(madeEvent('x'));
    later(1000);
    await push(madeEvent('x'));
    await open('c1');
    await say('c1', { action: 'since', at: '2024-01-31T10:00:00.000Z' });
    expect(memory.heard('c1')).toEqual([idOf('x'), 'live']);
  });
});

describe('the Lambda', () => {
  const event = (eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT', over: object = {}) => ({
    requestContext: { eventType, connectionId: 'c1' },
    ...over,
  });

  it('logs a line for each event, without tickets, ids of jobs or what was said', async () => {
    const lines: string[] = [];
    const handler = webSocketHandler(memory, { write: (line) => lines.push(line) });
    const { ticket } = await memory.connections.issueTicket({ client_id: 'clinic-a' }, memory.time);
    expect(await handler(event('CONNECT', { queryStringParameters: { ticket } }))).toEqual({ statusCode: 200 });
    await handler(event('MESSAGE', { body: '{"action":"canary-word"}' }));
    await handler(event('MESSAGE', { body: '{"action":"live"}' }));
    await push(madeEvent('canary-job'));
    await handler(event('DISCONNECT'));
    memory.connections.takeTicket = () => Promise.reject(new Error(`canary ${ticket}`));
    expect(await handler(event('CONNECT', { queryStringParameters: { ticket } }))).toEqual({ statusCode: 500 });
    expect(lines.map((line) => JSON.parse(line)).map(({ event: type, status, what }) => [type, status, what])).toEqual([
      ['CONNECT', 200, undefined],
      ['MESSAGE', 200, 'unknown-action'],
      ['MESSAGE', 200, 'start'],
      ['DISCONNECT', 200, undefined],
      ['CONNECT', 500, undefined],
    ]);
    expect(lines.join('')).not.toMatch(/canary|mipws_/);
  });

  it('takes no bytes', async () => {
    await webSocketHandler(memory, { write: () => undefined })(
      event('CONNECT', {
        queryStringParameters: { ticket: (await memory.connections.issueTicket({ client_id: 'clinic-a' }, memory.time)).ticket },
      }),
    );
    await webSocketHandler(memory, { write: () => undefined })(event('MESSAGE', { body: 'e30=', isBase64Encoded: true }));
    expect(JSON.parse(memory.sent.get('c1')?.[0] ?? '')).toMatchObject({ action: 'error', code: 'binary' });
  });
});
