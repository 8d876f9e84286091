/** What is done when a client connects, goes, or says something. */
import { type ConnectionIdentity, EVENTS_KEPT_SECONDS, isOver, LOG_SLACK_MS, positionAt, type TicketOwner, timeOf } from '@mip/registry';
import { type Asked, PONG, parseFrame, type Refusal, refusalFrame, refused, type Start } from './frames.ts';
import type { WebSocketPorts } from './ports.ts';
import { type From, replay } from './replay.ts';

/** What came of it, for the log and for API Gateway. */
export interface Outcome {
  readonly status: number;
  readonly client_id?: string;
  /** One of this side's own words. */
  readonly what?: string;
}

/**
 * A ticket lets in once. 401 without a good one, or where its key or token holds no more; 429 where the client has as many connections as it
 * may have.
 */
export async function connect(ports: WebSocketPorts, connection_id: string, ticket: string | undefined): Promise<Outcome> {
  const { connections, now } = ports;
  const owner = ticket === undefined ? undefined : await connections.takeTicket(ticket, now());
  if (!owner || isOver(owner, now())) return { status: 401 };
  const { client_id } = owner;
  if (!(await connections.open({ ...owner, connection_id }, now()))) return { status: 429, client_id };
  const holds = await keyHolds(ports, { ...owner, connection_id });
  if (!holds) await connections.close({ client_id, connection_id });
  return { status: holds ? 200 : 401, client_id };
}

/**
 * Whether the key of a connection is still valid. It is looked at when the connection has been written down: who revokes a key marks the key
 * first and its connections then, so that one of the two sees the other.
 */
async function keyHolds({ clients, connections }: WebSocketPorts, owner: TicketOwner & ConnectionIdentity): Promise<boolean> {
  if (owner.key_hash === undefined) return true;
  const client = await clients.findByHash(owner.key_hash);
  if (client?.expires_at !== undefined && client.expires_at !== owner.allowed_until) await connections.allowUntil(owner, client.expires_at);
  return client !== undefined;
}

export async function disconnect({ connections }: WebSocketPorts, connectionId: string): Promise<Outcome> {
  const identity = await connections.find(connectionId);
  if (identity) await connections.close(identity);
  return { status: 200, ...(identity && { client_id: identity.client_id }) };
}

/** Answers one frame. A connection that was given up is ended, and one that is not allowed any more: its client connects again if it may. */
export async function receive(
  ports: WebSocketPorts,
  connectionId: string,
  { text, binary }: { text: string; binary: boolean },
): Promise<Outcome> {
  const identity = await ports.connections.find(connectionId);
  if (!identity || isOver(identity, ports.now())) {
    if (identity) await ports.connections.close(identity);
    await ports.sockets.disconnect(connectionId);
    return { status: 410, ...(identity && { client_id: identity.client_id }) };
  }
  const asked = parseFrame(text, binary);
  const what = asked.kind === 'refused' ? asked.code : asked.kind;
  const answer = await answerTo(ports, identity, asked);
  if (answer !== undefined && !(await ports.sockets.post(connectionId, answer))) await ports.connections.close(identity);
  return { status: 200, client_id: identity.client_id, what };
}

async function answerTo(ports: WebSocketPorts, identity: ConnectionIdentity, asked: Asked): Promise<string | undefined> {
  if (asked.kind === 'ping') return PONG;
  const from = asked.kind === 'start' ? await beginning(ports, identity.client_id, asked.start) : asked;
  if ('kind' in from) return refusalFrame(from);
  await replay(ports, identity, from);
  return undefined;
}

/** A little before what was asked for: the log's order may be off by so much. */
async function beginning({ events, now }: WebSocketPorts, clientId: string, start: Start): Promise<From | Refusal> {
  if (start.kind === 'now') return { position: positionAt(now()), seen: [] };
  const oldest = now().getTime() - EVENTS_KEPT_SECONDS * 1000;
  const position = start.kind === 'at' ? positionAt(start.at) : await events.positionOf(clientId, start.cursor);
  const kept = 'Events are kept for 24 hours: read what you missed by GET /jobs, then ask for a later time.';
  if (position === undefined) return refused('unknown-cursor', `There is no event of this id. ${kept}`);
  const time = timeOf(position).getTime();
  if (time < oldest) return refused('too-old', kept);
  return {
    position: positionAt(new Date(time - LOG_SLACK_MS)),
    seen: start.kind === 'cursor' ? [start.cursor, ...start.seen] : [],
  };
}
