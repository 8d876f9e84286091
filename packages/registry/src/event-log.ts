/**
 * What happened to the jobs of a client in the last day, in the table `mip-connections`, in the order in which it was written down: an event
 * that arrives late stands where those who were there before it have not read yet.
 */
import { type DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, paginateQuery, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { JobEvent } from './generated/job-event.ts';

/** One event of the log. */
export interface LoggedEvent {
  /** Where it stands: comparable as text. */
  readonly position: string;
  readonly id: string;
  /** The event as JSON. */
  readonly text: string;
}

/** How long events are kept. */
export const EVENTS_KEPT_SECONDS = 86_400;
/**
 * By how much the order of the log may be off: two that write at the same time have two clocks, and a write takes its time. Who reads on from
 * a position has to look so far back for what has appeared before it meanwhile.
 */
export const LOG_SLACK_MS = 5000;

export class EventLog {
  readonly #document: DynamoDBDocumentClient;
  readonly #table: string;

  /** @param client gives up on a write within `LOG_SLACK_MS`. */
  constructor(client: DynamoDBClient, table: string) {
    this.#document = DynamoDBDocumentClient.from(client);
    this.#table = table;
  }

  /** Writes an event down; one that is there already stays where it is. */
  async append(event: JobEvent, now: Date): Promise<void> {
    const { client_id, event_id } = event;
    const expires_at = Math.floor(now.getTime() / 1000) + EVENTS_KEPT_SECONDS;
    const position = `${now.toISOString()}#${event_id}`;
    const id = { ...keyOf(client_id, idRow(event_id)), position, expires_at };
    const logged = { ...keyOf(client_id, eventRow(position)), event: JSON.stringify(event), expires_at };
    const command = new TransactWriteCommand({
      TransactItems: [
        { Put: { TableName: this.#table, Item: id, ConditionExpression: 'attribute_not_exists(client_id)' } },
        { Put: { TableName: this.#table, Item: logged } },
      ],
    });
    try {
      await this.#document.send(command);
    } catch (error) {
      if (!isThere(error)) throw error;
    }
  }

  /** Where an event stands; undefined for one that is not kept, and for those of other clients. */
  async positionOf(clientId: string, eventId: string): Promise<string | undefined> {
    const Key = keyOf(clientId, idRow(eventId));
    const { Item } = await this.#document.send(new GetCommand({ TableName: this.#table, Key, ConsistentRead: true }));
    return Item?.position;
  }

  /** The events of a client from a position on, in order; strongly consistent. */
  async *from(clientId: string, position: string): AsyncGenerator<LoggedEvent> {
    const pages = paginateQuery(
      { client: this.#document, pageSize: 200 },
      {
        TableName: this.#table,
        ConsistentRead: true,
        KeyConditionExpression: 'client_id = :client AND #row BETWEEN :from AND :last',
        ExpressionAttributeNames: { '#row': 'row' },
        ExpressionAttributeValues: { ':client': partitionOf(clientId), ':from': eventRow(position), ':last': eventRow('~') },
      },
    );
    for await (const { Items = [] } of pages) for (const { row, event } of Items) yield loggedOf(row.slice(eventRow('').length), event);
  }
}

/** The position before all that is written down from `time` on. */
export function positionAt(time: Date): string {
  return time.toISOString();
}

/** The time that a position stands for. */
export function timeOf(position: string): Date {
  return new Date(position.split('#')[0] ?? '');
}

export function loggedOf(position: string, text: string): LoggedEvent {
  return { position, id: position.slice(position.indexOf('#') + 1), text };
}

/** A partition of its own, under a key that is no client's: a day of events is never in the way of those who look for the connections. */
function partitionOf(clientId: string): string {
  return `events#${clientId}`;
}

function keyOf(clientId: string, row: string) {
  return { client_id: partitionOf(clientId), row };
}

function eventRow(position: string): string {
  return `event#${position}`;
}

function idRow(eventId: string): string {
  return `event_id#${eventId}`;
}

function isThere(error: unknown): boolean {
  return error instanceof TransactionCanceledException && error.CancellationReasons?.[0]?.Code === 'ConditionalCheckFailed';
}
