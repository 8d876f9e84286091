/**
 * The WebSocket through the local cloud's front and an emulator of API Gateway: 500 connections of 25 clients, and the time from the event of a
 * job's end, as the notifier pushes it, until the connection has it. Printed only: the emulator's own time is most of it.
 */
import { randomUUID } from 'node:crypto';
import { madeEvent } from '../packages/api/src/testing/job-events.ts';
import { openEmulator } from '../tests/emulator.ts';
import { openWebSocketApi, type WebSocketApi } from '../tests/websocket/api.ts';
import { Listener } from '../tests/websocket/listener.ts';
import { median, type Row } from './row.ts';

const CLIENTS = 25;
const CONNECTIONS_EACH = 20;
const EVENTS_EACH = 4;
/** Connections that are opened at a time. */
const AT_A_TIME = 25;

export async function websocketRows(log: (line: string) => void): Promise<readonly Row[]> {
  const emulator = await openEmulator();
  const api = await openWebSocketApi(emulator);
  try {
    const clients = Array.from({ length: CLIENTS }, (_, index) => `bench-${index}`);
    const listeners = await connectAll(api, clients);
    log(`websocket: ${listeners.length} connections are live`);
    const { times, pushes } = await timePushes(api, clients, listeners);
    if (times.length !== listeners.length * EVENTS_EACH) throw new Error('an event did not reach every connection of its client');
    for (const { listener } of listeners) listener.socket.terminate();
    return [
      printed('websocket-push, 20 connections', pushes, median(pushes)),
      printed('websocket-event, 500 connections, median', times, median(times)),
      printed('websocket-event, 500 connections, p99', times, percentile(times, 0.99)),
    ];
  } finally {
    await api.stop();
    await emulator.stop();
  }
}

interface Connected {
  readonly client: string;
  readonly listener: Listener;
}

async function connectAll(api: WebSocketApi, clients: readonly string[]): Promise<readonly Connected[]> {
  const wanted = clients.flatMap((client) => Array.from({ length: CONNECTIONS_EACH }, () => client));
  const all: Connected[] = [];
  for (let at = 0; at < wanted.length; at += AT_A_TIME)
    all.push(
      ...(await Promise.all(wanted.slice(at, at + AT_A_TIME).map(async (client) => ({ client, listener: await live(api, client) })))),
    );
  return all;
}

async function live(api: WebSocketApi, client: string): Promise<Listener> {
  const { ticket } = await api.connections.issueTicket({ client_id: client }, new Date());
  const listener = await Listener.open(api.url, ticket);
  listener.say({ action: 'live' });
  await listener.until(({ action }) => action === 'live');
  return listener;
}

/** Milliseconds until each connection had each event of its client, and until each push was over; all clients take turns. */
async function timePushes(api: WebSocketApi, clients: readonly string[], listeners: readonly Connected[]) {
  const started = new Map<string, number>();
  const times: number[] = [];
  for (const { listener } of listeners)
    listener.onFrame = ({ event_id }) => times.push(performance.now() - (started.get(event_id) ?? Number.NaN));
  const pushes: number[] = [];
  for (let round = 0; round < EVENTS_EACH; round++)
    for (const client of clients) {
      const event = madeEvent(randomUUID(), client);
      started.set(event.event_id, performance.now());
      await api.push(event);
      pushes.push(performance.now() - (started.get(event.event_id) ?? Number.NaN));
      const theirs = listeners.filter((one) => one.client === client);
      await Promise.all(theirs.map(({ listener }) => listener.until(({ event_id }) => event_id === event.event_id)));
    }
  return { times, pushes };
}

function percentile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN;
}

function printed(name: string, of: readonly number[], mip: number): Row {
  return { case: `${name} of ${of.length}`, unit: 'ms', mip, peer: null, peer_name: '', ratio: null, goal: null, holds: true };
}
