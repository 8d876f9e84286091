/** Reads and writes of the table `mip-jobs` by the API, the sweeper and `mip redrive`. Workers write the same items; every change is conditional on the state. */
import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
  type UpdateCommandOutput,
} from '@aws-sdk/lib-dynamodb';
import type { JobRecord } from './generated/job-record.ts';
import { isOpen, type JobEvent, type OpenJobState, TRANSITIONS, type Transition } from './job.ts';
import type { JobIdentity } from './job-keys.ts';

/** What `accept` found or made. */
export interface Accepted {
  /** False when the job was there already; `record` is then the one that was. */
  readonly created: boolean;
  readonly record: JobRecord;
}

/** What a change of state writes beside the state. */
interface Also {
  readonly set?: Partial<JobRecord>;
  readonly remove?: readonly (keyof JobRecord)[];
  /** Adds 1 to `delivery`: whoever sends the job again takes the new number, so that no two senders ever take one. */
  readonly raise?: boolean;
}

/** Parameters may be any finite number: without these the SDK throws above 2^53 and reads such a number back as a bigint. */
const NUMBERS = {
  marshallOptions: { removeUndefinedValues: true, allowImpreciseNumbers: true },
  unmarshallOptions: { wrapNumbers: Number },
};

export class JobTable {
  readonly #document: Pick<DynamoDBDocumentClient, 'send'>;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#document = DynamoDBDocumentClient.from(client, NUMBERS);
    this.#table = table;
  }

  /** Puts the record unless its client already has a job of that id; of two at the same time, one puts it and both get that one. */
  async accept(record: JobRecord): Promise<Accepted> {
    const put = new PutCommand({ TableName: this.#table, Item: record, ConditionExpression: 'attribute_not_exists(job_id)' });
    if (await this.#met(put)) return { created: true, record };
    return { created: false, record: await this.#existing(record) };
  }

  /**
   * Notes that the message is on the queue. A job that a worker has taken meanwhile is left as it is.
   *
   * @returns the record as it is afterwards.
   */
  async markQueued({ client_id, job_id }: JobIdentity, now: Date): Promise<JobRecord> {
    const at = now.toISOString();
    return (await this.#move({ client_id, job_id }, 'sent', now, { set: { queued_at: at } })) ?? this.#existing({ client_id, job_id });
  }

  /** @returns the record as it is afterwards: `cancelled`, or the end that it had come to. */
  async cancel(identity: JobIdentity, now: Date): Promise<JobRecord> {
    const cancelled = await this.#move(identity, 'cancelled', now, { set: { finished_at: now.toISOString() } });
    return cancelled ?? this.#existing(identity);
  }

  /** Takes a number for another delivery of an open job. @returns the record with that number; undefined for a job that is not open. */
  handBack(identity: JobIdentity, now: Date): Promise<JobRecord | undefined> {
    return this.#move(identity, 'handedBack', now, { raise: true });
  }

  /** Notes that the message lies in the dead letters. @returns undefined for a job that is not open. */
  bury(identity: JobIdentity, error: NonNullable<JobRecord['error']>, now: Date): Promise<JobRecord | undefined> {
    return this.#move(identity, 'died', now, { set: { finished_at: now.toISOString(), error } });
  }

  /** Opens a dead job again, with all its attempts before it. @returns the record; undefined for a job that is not dead. */
  redrive(identity: JobIdentity, now: Date): Promise<JobRecord | undefined> {
    return this.#move(identity, 'redriven', now, { set: { attempts: 0 }, remove: ['finished_at', 'error'], raise: true });
  }

  /** Open jobs in a state that nothing has changed since `before`, the oldest first, page by page; eventually consistent. */
  async *untouched(state: OpenJobState, before: Date): AsyncGenerator<JobRecord> {
    let from: Record<string, unknown> | undefined;
    do {
      const page = await this.#document.send(
        new QueryCommand({
          TableName: this.#table,
          IndexName: 'by-open-state',
          KeyConditionExpression: 'open_state = :state AND updated_at < :before',
          ExpressionAttributeValues: { ':state': state, ':before': before.toISOString() },
          ExclusiveStartKey: from,
        }),
      );
      yield* (page.Items ?? []) as JobRecord[];
      from = page.LastEvaluatedKey;
    } while (from);
  }

  /** A strongly consistent read: a client that has just been told 202 finds its job. */
  async get({ client_id, job_id }: JobIdentity): Promise<JobRecord | undefined> {
    const { Item } = await this.#document.send(
      new GetCommand({ TableName: this.#table, Key: { client_id, job_id }, ConsistentRead: true }),
    );
    return Item as JobRecord | undefined;
  }

  /** Takes one step of the table of states; undefined where the job's state does not allow it. */
  async #move({ client_id, job_id }: JobIdentity, event: JobEvent, now: Date, also: Also): Promise<JobRecord | undefined> {
    const { from, to }: Transition = TRANSITIONS[event];
    const set = { state: to, ...(isOpen(to) && { open_state: to }), updated_at: now.toISOString(), ...also.set };
    const remove = [...(also.remove ?? []), ...(isOpen(to) ? [] : ['open_state'])];
    const names = [...new Set(['state', ...Object.keys(set), ...remove, ...(also.raise ? ['delivery'] : [])])];
    const update = new UpdateCommand({
      TableName: this.#table,
      Key: { client_id, job_id },
      UpdateExpression: [
        `SET ${Object.keys(set).map((name) => `#${name} = :${name}`)}`,
        ...(remove.length > 0 ? [`REMOVE ${remove.map((name) => `#${name}`)}`] : []),
        ...(also.raise ? ['ADD #delivery :one'] : []),
      ].join(' '),
      ConditionExpression: `#state IN (${from.map((_, index) => `:from${index}`)})`,
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: {
        ...Object.fromEntries(Object.entries(set).map(([name, value]) => [`:${name}`, value])),
        ...Object.fromEntries(from.map((state, index) => [`:from${index}`, state])),
        ...(also.raise && { ':one': 1 }),
      },
      ReturnValues: 'ALL_NEW',
    });
    return (await this.#met(update))?.Attributes as JobRecord | undefined;
  }

  async #existing(identity: JobIdentity): Promise<JobRecord> {
    const record = await this.get(identity);
    if (!record) throw new Error('a job disappeared between two reads: nothing deletes from this table but its owner');
    return record;
  }

  /** Sends a conditional write; undefined when its condition does not hold. */
  async #met(command: PutCommand | UpdateCommand): Promise<UpdateCommandOutput | undefined> {
    try {
      return await this.#document.send(command as UpdateCommand);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }
}
