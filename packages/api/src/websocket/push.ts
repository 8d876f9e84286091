/**
 * Brings an event to those of its client's connections that are live.
 *
 * Events come at least once: whoever calls this again after a failure pushes the event again, under the same `event_id`. Those of one job come
 * in the order in which they are pushed; of several jobs none is promised, and `at` and `delivery` say what was before what.
 */
import { type Connection, isOver, type JobEvent } from '@mip/registry';
import type { WebSocketPorts } from './ports.ts';

type PushPorts = Pick<WebSocketPorts, 'connections' | 'events' | 'sockets' | 'now'>;
export type Push = (event: JobEvent) => Promise<void>;

/** A replay has ended by then, one way or another: its process is stopped after 29 seconds. */
const REPLAY_MS = 60_000;

/**
 * Pushes events: first written down, for those who come later, then sent, to at most as many connections at a time as a client may have.
 *
 * @returns a function that rejects where the event could not be written down or the connections not be read. What a connection does not take
 * is no fault: one that is gone is forgotten, one that cannot be reached is ended, and its client comes back and asks for what it missed. One
 * whose key or token holds no more is sent nothing, and is ended.
 */
export function pusher(ports: PushPorts): Push {
  return async (event) => {
    await ports.events.append(event, ports.now());
    const text = JSON.stringify(event);
    const connections = await ports.connections.of(event.client_id, ports.now());
    await Promise.all(connections.map((connection) => deliver(ports, connection, { id: event.event_id, text })));
  };
}

/** Three looks at most: between two of them its phase may change, if its client asks again and again. */
async function deliver(ports: PushPorts, first: Connection, event: { readonly id: string; readonly text: string }): Promise<void> {
  let connection: Connection | undefined = first;
  for (let looks = 0; looks < 3; looks++) {
    if (connection && isOver(connection, ports.now())) return end(ports, connection);
    if (!connection || connection.phase === 'opened' || connection.replayed.includes(event.id)) return;
    if (connection.phase === 'live') return send(ports, connection, event.text);
    if (isStuck(connection, ports.now())) return end(ports, connection);
    if (await ports.connections.leave(connection, event.id)) return;
    connection = await ports.connections.get(connection);
  }
  return end(ports, first);
}

function isStuck({ held_at }: Connection, now: Date): boolean {
  return held_at !== undefined && now.getTime() - new Date(held_at).getTime() > REPLAY_MS;
}

async function send(ports: PushPorts, connection: Connection, text: string): Promise<void> {
  const there = await ports.sockets.post(connection.connection_id, text).catch(() => undefined);
  if (there === false) await ports.connections.close(connection);
  else if (there === undefined) await end(ports, connection);
}

/** Forgotten first: should ending it fail, its next heartbeat is told that it is not known any more. */
async function end({ connections, sockets }: PushPorts, connection: Connection): Promise<void> {
  await connections.close(connection);
  await sockets.disconnect(connection.connection_id).catch(() => undefined);
}
