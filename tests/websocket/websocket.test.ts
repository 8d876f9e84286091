/** The WebSocket as a client meets it: through the local cloud's front, the emulator's API Gateway and the Lambda as it is deployed. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pusher } from '@mip/api/websocket/push';
import { hashClientKey, type JobEvent, newClientKey } from '@mip/registry';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { madeEvent } from '../../packages/api/src/testing/job-events.ts';
import { openEmulator, type TestEmulator } from '../emulator.ts';
import { FULL } from '../full.ts';
import { openWebSocketApi, type WebSocketApi } from './api.ts';
import { Listener } from './listener.ts';

let emulator: TestEmulator;
let api: WebSocketApi;
beforeAll(async () => {
  emulator = await openEmulator();
  api = await openWebSocketApi(emulator);
});
afterAll(async () => {
  await api?.stop();
  await emulator?.stop();
});

const client = () => `clinic-${randomUUID().slice(0, 8)}`;
const ticketOf = async (name: string, at = new Date()) => (await api.connections.issueTicket({ client_id: name }, at)).ticket;
const open = async (name: string) => Listener.open(api.url, await ticketOf(name));
const isAction = (action: string) => (frame: { action?: string }) => frame.action === action;
const isEvent = (id: string) => (frame: { event_id?: string }) => frame.event_id === id;

async function live(name: string): Promise<Listener> {
  const listener = await open(name);
  listener.say({ action: 'live' });
  await listener.until(isAction('live'));
  return listener;
}

describe('a ticket', () => {
  it('lets in once, and not a second time', async () => {
    const ticket = await ticketOf(client());
    const listener = await Listener.open(api.url, ticket);
    listener.say({ action: 'ping' });
    await listener.until(isAction('pong'));
    await expect(Listener.open(api.url, ticket)).rejects.toThrow('403');
  });

  it.each([
    ['an unknown one', async () => `mipws_${'x'.repeat(43)}`],
    ['none', async () => ''],
    ['what is none', async () => "' OR 1=1"],
    ['one that is a minute old', async () => ticketOf(client(), new Date(Date.now() - 60_001))],
  ])('%s is refused', async (_what, ticket) => {
    await expect(Listener.open(api.url, encodeURIComponent(await ticket()))).rejects.toThrow('403');
  });

  it('lets one in of many that come with it at once', async () => {
    const ticket = await ticketOf(client());
    const tries = await Promise.allSettled(Array.from({ length: 5 }, () => Listener.open(api.url, ticket)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('a connection', () => {
  it('hears the events of its own client, and never those of another', async () => {
    const [mine, other] = [client(), client()];
    const [a, b] = await Promise.all([live(mine), live(other)]);
    const event = madeEvent('job-1', mine, { outcome: 'found', delivery: 1, trace_id: 'ab'.repeat(16) });
    await api.push(madeEvent('job-1', other));
    await api.push(event);
    await api.push(madeEvent('job-2', other));
    expect(await a.until(isEvent(event.event_id))).toEqual(event);
    await b.until(isEvent(madeEvent('job-2', other).event_id));
    expect(new Set(a.frames.map(({ client_id }) => client_id))).toEqual(new Set([undefined, mine]));
    expect(new Set(b.frames.map(({ client_id }) => client_id))).toEqual(new Set([undefined, other]));
    b.say({ action: 'since', cursor: event.event_id });
    expect(await b.until(isAction('error'))).toMatchObject({ code: 'unknown-cursor' });
  });

  it('that was away is sent what it missed once, in order, then what comes, without a gap where it turns live', async () => {
    const name = client();
    // Written down ten minutes ago, ten seconds apart, so that the log's slack plays no part.
    let time = Date.now() - 600_000;
    const before = pusher({ ...api.ports, now: () => new Date(time) });
    const events = Array.from({ length: 60 }, (_, index) => madeEvent(String(index), name));
    for (const event of events.slice(0, 30)) {
      await before(event);
      time += 10_000;
    }
    const listener = await open(name);
    listener.say({ action: 'since', cursor: events[9]?.event_id ?? '' });
    for (const event of events.slice(30)) await api.push(event); // while it is being replayed, and after
    await listener.until(isEvent(events.at(-1)?.event_id ?? ''));
    await listener.until(isAction('live'));
    const ids = events.slice(10).map(({ event_id }) => event_id);
    const heard = listener.heard.filter((one) => one !== 'live');
    expect(heard.slice(0, 20)).toEqual(ids.slice(0, 20));
    expect([...heard].sort()).toEqual([...ids].sort());
  });

  it('comes back and asks from where it was', async () => {
    const name = client();
    const first = await live(name);
    const events = Array.from({ length: 4 }, (_, index) => madeEvent(String(index), name));
    const [seen, ...missed] = events.map(({ event_id }) => event_id);
    if (events[0]) await api.push(events[0]);
    await first.until(isEvent(seen ?? ''));
    first.socket.close();
    await first.closed;
    for (const event of events.slice(1)) await api.push(event);
    const second = await open(name);
    second.say({ action: 'since', cursor: seen });
    await second.until(isAction('live'));
    expect(second.heard).toEqual([...missed, 'live']);
  });

  it('that is gone without a word is forgotten when an event comes', async () => {
    const name = client();
    const identity = { client_id: name, connection_id: 'AbCdEf=' };
    await api.connections.open(identity, new Date());
    await api.connections.hold(identity, 'x', new Date());
    await api.connections.goLive(identity, 'x', []);
    await api.push(madeEvent('x', name));
    expect(await api.connections.of(name, new Date())).toEqual([]);
  });

  it('is forgotten when it closes, and ended when it was forgotten', async () => {
    const name = client();
    const [one, two] = [await live(name), await live(name)];
    one.socket.close();
    await one.closed;
    await expect.poll(async () => (await api.connections.of(name, new Date())).length).toBe(1);
    for (const connection of await api.connections.of(name, new Date())) await api.connections.close(connection);
    two.say({ action: 'ping' });
    expect(await two.closed).toBe(1000);
  });

  it.each<[string, (listener: Listener, event: JobEvent) => unknown]>([
    ['an event', (_listener, event) => api.push(event)],
    ['its own next word', (listener) => listener.say({ action: 'ping' })],
  ])('whose key is revoked is ended by %s, and hears nothing more', async (_what, happens) => {
    const [name, key] = [client(), newClientKey()];
    await api.clients.add(name, key, new Date());
    const owner = { client_id: name, key_hash: hashClientKey(key) };
    const ticket = async () => (await api.connections.issueTicket(owner, new Date())).ticket;
    const listener = await Listener.open(api.url, await ticket());
    listener.say({ action: 'live' });
    await listener.until(isAction('live'));
    const unused = await ticket();
    await api.clients.revoke(name, new Date());
    await happens(listener, madeEvent('secret', name));
    expect(await listener.closed).toBe(1000);
    expect(listener.heard).toEqual(['live']);
    for (const one of [unused, await ticket()]) await expect(Listener.open(api.url, one)).rejects.toThrow('403');
  });

  it.each([
    ['no JSON', '{"action":', 'not-json'],
    ['an action that nobody knows', '{"action":"stop"}', 'unknown-action'],
    ['the name of a route', '{"action":"$connect"}', 'unknown-action'],
    ['the name of another route', '{"action":"$disconnect"}', 'unknown-action'],
    ['more than is taken', JSON.stringify({ action: 'ping', x: 'x'.repeat(9000) }), 'too-large'],
    ['a cursor that is none', '{"action":"since","cursor":"*"}', 'invalid-since'],
  ])('that sends %s is told what is possible, and stays open', async (_what, text, code) => {
    const listener = await open(client());
    listener.socket.send(text);
    expect(await listener.until(isAction('error'))).toMatchObject({ code, message: expect.stringMatching(/\.$/) });
    listener.say({ action: 'ping' });
    await listener.until(isAction('pong'));
  });

  it.each([
    ['bytes', Buffer.from([0, 1, 2]), 1003],
    ['a frame above 32 KB', 'x'.repeat(32_769), 1009],
  ])('that sends %s is ended, as API Gateway does', async (_what, data, code) => {
    const listener = await open(client());
    listener.socket.send(data);
    expect(await listener.closed).toBe(code);
  });

  it('at another path is refused', async () => {
    const socket = new WebSocket(`${api.url}/tickets`);
    const refused = await new Promise<Error>((resolve) => socket.once('error', resolve));
    expect(refused.message).toContain('404');
  });
});

/** The example for browsers, as the page has it; Node has a browser's WebSocket. */
async function documented(): Promise<(options: object) => () => void> {
  const page = readFileSync(join(import.meta.dirname, '../../docs/websocket.md'), 'utf8');
  const code = /```js\n(.*?)```/s.exec(page)?.[1] ?? '';
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)).listenToJobs;
}

describe('the example of docs/websocket.md', () => {
  it('hears every event once, though its connection is cut', async () => {
    const name = client();
    vi.spyOn(Math, 'random').mockReturnValue(0); // it comes back after a second
    const heard: string[] = [];
    const gaps: object[] = [];
    const getTicket = async () => ({ ticket: await ticketOf(name), url: api.url });
    const onEvent = ({ event_id }: JobEvent) => heard.push(event_id);
    const stop = (await documented())({ getTicket, onEvent, onGap: (gap: object) => gaps.push(gap) });
    const connected = async (phase: string) => {
      await expect.poll(async () => (await api.connections.of(name, new Date()))[0]?.phase, { timeout: 10_000 }).toBe(phase);
      return (await api.connections.of(name, new Date()))[0]?.connection_id ?? '';
    };
    const ids = ['a', 'b', 'c', 'd'].map((job) => madeEvent(job, name).event_id);
    const first = await connected('live');
    await api.push(madeEvent('a', name));
    await expect.poll(() => heard).toEqual(ids.slice(0, 1));
    await api.ports.sockets.disconnect(first);
    await expect.poll(async () => (await api.connections.of(name, new Date())).length).toBe(0);
    await api.push(madeEvent('b', name));
    await api.push(madeEvent('c', name));
    await connected('live');
    await api.push(madeEvent('d', name));
    await expect.poll(() => heard).toEqual(ids);
    stop();
    expect(gaps).toEqual([]);
  });
});

/** A second for eight connections: the emulator calls one Lambda after the other. */
const CLIENTS = FULL ? 5 : 2;

it('connections in their dozens each hear the events of their client, and a client gets no more than it may have', {
  timeout: 60_000,
}, async () => {
  const names = Array.from({ length: CLIENTS }, client);
  const listeners = await Promise.all(
    names.flatMap((name) => Array.from({ length: 20 }, async () => ({ name, listener: await live(name) }))),
  );
  await expect(open(names[0] ?? '')).rejects.toThrow('403');
  await Promise.all(names.map((name) => api.push(madeEvent('job-1', name))));
  for (const { name, listener } of listeners) {
    await listener.until(isEvent(madeEvent('job-1', name).event_id));
    expect(listener.heard).toEqual(['live', madeEvent('job-1', name).event_id]);
    listener.socket.terminate();
  }
});
