/**
 * Who listens for events of its jobs: one-time tickets and open connections, in the table `mip-connections`. Both know by which key their client
 * was let in, and end with it.
 *
 * A connection is `opened` until its client says from when it wants events, `replaying` while one process sends it what it missed, and
 * `live` from then on. Whoever pushes an event sends it to what is live, leaves it to the one process that replays by adding it to
 * `waiting` (which fails as soon as the connection is live), and need not think of what is only opened: that reads the log later.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  paginateQuery,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Client } from './clients.ts';
import { writeIf } from './conditional-write.ts';
import { LIMITS } from './limits.ts';

export interface ConnectionIdentity {
  readonly client_id: string;
  /** API Gateway's id of it. */
  readonly connection_id: string;
}

/** What a client was let in by: a key, by its hash, or a token; and until when that holds, where that is known. ISO 8601. */
export interface Credential {
  readonly key_hash?: string;
  readonly allowed_until?: string;
}

/** Whose a ticket is. */
export interface TicketOwner extends Credential {
  readonly client_id: string;
}

export interface Connection extends ConnectionIdentity, Credential {
  readonly phase: 'opened' | 'replaying' | 'live';
  /** When the replay that is under way, or the last one, began; ISO 8601. */
  readonly held_at?: string;
  /** The newest events that it was sent by replays, by their ids: whoever comes to push one of them need not. */
  readonly replayed: readonly string[];
}

export interface Ticket {
  /** Shown once: the table holds its hash. */
  readonly ticket: string;
  readonly expires: Date;
}

/** `mipws_` and 32 random bytes in base64url. */
export const WEBSOCKET_TICKET = /^mipws_[A-Za-z0-9_-]{43}$/;
/** How many connections one client may have open at a time. */
export const MOST_CONNECTIONS = 20;
/** How many events may wait for the one replay of a connection; one that has more is better closed. */
export const MOST_WAITING = 2000;
const TICKET_SECONDS = 60;

/** The item, as it is stored. */
interface Row extends Credential {
  readonly client_id: string;
  readonly row: string;
  readonly phase: Connection['phase'];
  readonly held_at?: string;
  readonly replayed?: readonly string[];
}

/** Whether what let a client in holds no more. */
export function isOver({ allowed_until }: Credential, now: Date): boolean {
  return allowed_until !== undefined && Date.parse(allowed_until) <= now.getTime();
}

export class ConnectionTable {
  readonly #document: Pick<DynamoDBDocumentClient, 'send'>;
  readonly #pages: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#pages = DynamoDBDocumentClient.from(client);
    this.#document = this.#pages;
    this.#table = table;
  }

  /** A ticket of 256 random bits with which the client may connect once, within a minute. */
  async issueTicket(client: Pick<Client, 'client_id' | 'key_hash' | 'expires_at'>, now: Date): Promise<Ticket> {
    const ticket = `mipws_${randomBytes(32).toString('base64url')}`;
    const expires = new Date(now.getTime() + TICKET_SECONDS * 1000);
    const credential = { key_hash: client.key_hash, allowed_until: client.expires_at };
    const times = { expires_ms: expires.getTime(), expires_at: epochSeconds(expires) };
    const Item = { ...ticketKey(ticket), owner: client.client_id, ...credentialOf(credential), ...times };
    await this.#document.send(new PutCommand({ TableName: this.#table, Item, ConditionExpression: 'attribute_not_exists(client_id)' }));
    return { ticket, expires };
  }

  /** Whose the ticket is, once; undefined for one that is unknown, was used, is too old, or is not even shaped like a ticket. */
  async takeTicket(ticket: string, now: Date): Promise<TicketOwner | undefined> {
    if (!WEBSOCKET_TICKET.test(ticket)) return undefined;
    const command = new DeleteCommand({
      TableName: this.#table,
      Key: ticketKey(ticket),
      ConditionExpression: 'expires_ms > :now',
      ExpressionAttributeValues: { ':now': now.getTime() },
      ReturnValues: 'ALL_OLD',
    });
    const taken = (await writeIf(this.#document, command))?.Attributes;
    return taken && { client_id: taken.owner, ...credentialOf(taken) };
  }

  /** @returns false, and nothing is kept, where the client has as many as it may have. */
  async open(identity: ConnectionIdentity & Credential, now: Date): Promise<boolean> {
    const more = { ...credentialOf(identity), expires_at: epochSeconds(now) + LIMITS.websocket.connectionSeconds };
    const rows = [
      { ...byId(identity.connection_id), owner: identity.client_id, ...more },
      { ...keyOf(identity), phase: 'opened', connected_at: now.toISOString(), ...more },
    ];
    const TransactItems = rows.map((Item) => ({ Put: { TableName: this.#table, Item } }));
    await this.#document.send(new TransactWriteCommand({ TransactItems }));
    if ((await this.of(identity.client_id, now)).length <= MOST_CONNECTIONS) return true; // counted afterwards: of two at once both count
    await this.close(identity);
    return false;
  }

  /** Whose connection it is; undefined for one that is closed. */
  async find(connectionId: string): Promise<(ConnectionIdentity & Credential) | undefined> {
    const { Item } = await this.#document.send(new GetCommand({ TableName: this.#table, Key: byId(connectionId), ConsistentRead: true }));
    return Item && { client_id: Item.owner, connection_id: connectionId, ...credentialOf(Item) };
  }

  /** Bounds a connection: from `until` on it is sent nothing, and is ended as soon as that is noticed. It never lasts longer than it did. */
  async allowUntil({ client_id, connection_id }: ConnectionIdentity, until: string): Promise<void> {
    for (const Key of [byId(connection_id), keyOf({ client_id, connection_id })])
      await writeIf(
        this.#document,
        new UpdateCommand({
          TableName: this.#table,
          Key,
          UpdateExpression: 'SET allowed_until = :until',
          ConditionExpression: 'attribute_exists(client_id) AND (attribute_not_exists(allowed_until) OR allowed_until > :until)',
          ExpressionAttributeValues: { ':until': until },
        }),
      );
  }

  async close({ client_id, connection_id }: ConnectionIdentity): Promise<void> {
    const TransactItems = [byId(connection_id), keyOf({ client_id, connection_id })].map((Key) => ({
      Delete: { TableName: this.#table, Key },
    }));
    await this.#document.send(new TransactWriteCommand({ TransactItems }));
  }

  /** All that a client has open; a strongly consistent read. */
  async of(clientId: string, now: Date): Promise<readonly Connection[]> {
    const pages = paginateQuery(
      { client: this.#pages },
      {
        TableName: this.#table,
        ConsistentRead: true,
        KeyConditionExpression: 'client_id = :client AND begins_with(#row, :connection)',
        FilterExpression: 'expires_at > :now', // DynamoDB takes its time to remove what has expired
        ExpressionAttributeNames: { '#row': 'row' },
        ExpressionAttributeValues: { ':client': clientId, ':connection': 'connection#', ':now': epochSeconds(now) },
      },
    );
    const rows: Row[] = [];
    for await (const { Items = [] } of pages) rows.push(...(Items as Row[]));
    return rows.map(connectionOf);
  }

  /** Begins a replay under a name of its own; one that was under way is at an end. @returns undefined for a connection that is closed. */
  async hold(identity: ConnectionIdentity, replay: string, now: Date): Promise<Connection | undefined> {
    const held = await this.#change(identity, {
      UpdateExpression: 'SET phase = :replaying, replay = :replay, held_at = :now REMOVE waiting',
      ConditionExpression: 'attribute_exists(client_id)',
      ExpressionAttributeValues: { ':replaying': 'replaying', ':replay': replay, ':now': now.toISOString() },
      ReturnValues: 'ALL_NEW',
    });
    return held?.Attributes && connectionOf(held.Attributes as Row);
  }

  /** Ends a replay before it is through: nothing is pushed until the next. */
  async pause(identity: ConnectionIdentity, replay: string, replayed: readonly string[]): Promise<void> {
    await this.#end(identity, 'opened', replay, replayed);
  }

  /**
   * Ends a replay: from here on events are pushed.
   *
   * @returns the events that were left to the replay; undefined where another replay has begun, or the connection is closed.
   */
  async goLive(identity: ConnectionIdentity, replay: string, replayed: readonly string[]): Promise<readonly string[] | undefined> {
    const before = await this.#end(identity, 'live', replay, replayed);
    return before?.Attributes && [...((before.Attributes.waiting as Set<string> | undefined) ?? [])];
  }

  /** Leaves an event to the replay that is under way. @returns false where there is none, or where it has too much to do already. */
  async leave(identity: ConnectionIdentity, eventId: string): Promise<boolean> {
    const left = await this.#change(identity, {
      UpdateExpression: 'ADD waiting :event',
      ConditionExpression: 'phase = :replaying AND (attribute_not_exists(waiting) OR size(waiting) < :most)',
      ExpressionAttributeValues: { ':replaying': 'replaying', ':event': new Set([eventId]), ':most': MOST_WAITING },
    });
    return left !== undefined;
  }

  async get(identity: ConnectionIdentity): Promise<Connection | undefined> {
    const { Item } = await this.#document.send(new GetCommand({ TableName: this.#table, Key: keyOf(identity), ConsistentRead: true }));
    return Item && connectionOf(Item as Row);
  }

  #end(identity: ConnectionIdentity, phase: Connection['phase'], replay: string, replayed: readonly string[]) {
    return this.#change(identity, {
      UpdateExpression: 'SET phase = :phase, replayed = :replayed REMOVE waiting, replay',
      ConditionExpression: 'replay = :replay',
      ExpressionAttributeValues: { ':phase': phase, ':replay': replay, ':replayed': replayed },
      ReturnValues: 'ALL_OLD',
    });
  }

  #change(identity: ConnectionIdentity, update: Omit<UpdateCommand['input'], 'TableName' | 'Key'>) {
    return writeIf(this.#document, new UpdateCommand({ ...update, TableName: this.#table, Key: keyOf(identity) }));
  }
}

/** Under keys that are no client's: ids of clients have no `#`. */
function ticketKey(ticket: string) {
  return { client_id: `ticket#${createHash('sha256').update(ticket, 'utf8').digest('hex')}`, row: 'ticket' };
}

function byId(connectionId: string) {
  return { client_id: `connection#${connectionId}`, row: 'connection' };
}

function keyOf({ client_id, connection_id }: ConnectionIdentity) {
  return { client_id, row: `connection#${connection_id}` };
}

function connectionOf({ client_id, row, phase, held_at, replayed = [], ...more }: Row): Connection {
  const connection_id = row.slice('connection#'.length);
  return { client_id, connection_id, phase, replayed, ...(held_at !== undefined && { held_at }), ...credentialOf(more) };
}

function credentialOf({ key_hash, allowed_until }: { readonly [Name in keyof Credential]: Credential[Name] | undefined }): Credential {
  return { ...(key_hash !== undefined && { key_hash }), ...(allowed_until !== undefined && { allowed_until }) };
}

function epochSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
