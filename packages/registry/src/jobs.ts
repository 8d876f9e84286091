/** Reads and writes of the table `mip-jobs` by the API, the sweeper and `mip redrive`. Workers write the same items; every change is conditional on the state. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, type QueryCommandInput, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { writeIf } from './conditional-write.ts';
import type { JobRecord } from './generated/job-record.ts';
import { isOpen, type JobStep, type OpenJobState, TRANSITIONS, type Transition } from './job.ts';
import { isTold } from './job-event.ts';
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

/** A job, and which of its deliveries is meant: after a redrive it has another. */
export type JobDelivery = Pick<JobRecord, 'client_id' | 'job_id' | 'delivery'>;

/** What is asked of the jobs of an algorithm. */
export interface Asked<Field extends keyof JobRecord> {
  readonly since: Date;
  /** Not itself. */
  readonly until: Date;
  /** What is read of each record. */
  readonly fields: readonly Field[];
}

/** What is asked of the jobs of a client. */
export interface JobFilter {
  /** At most so many records. */
  readonly limit: number;
  readonly algorithm?: string;
  readonly state?: string;
  /** When the oldest was accepted. */
  readonly since?: Date;
  /** Where the page before ended: its `next`. */
  readonly after?: JobPlace;
}

/** A job's place among those of its client. */
export type JobPlace = Pick<JobRecord, 'accepted_at' | 'job_id'>;

/** Some jobs of a client, and where there are more. */
export interface JobPage {
  readonly records: readonly JobRecord[];
  readonly next?: JobPlace;
}

/** Parameters may be any finite number: without these the SDK throws above 2^53 and reads such a number back as a bigint. */
export const NUMBERS = {
  marshallOptions: { removeUndefinedValues: true, allowImpreciseNumbers: true },
  unmarshallOptions: { wrapNumbers: Number },
};

export class JobTable {
  readonly #document: Pick<DynamoDBDocumentClient, 'send'>;
  readonly #table: string;

  /** @param client a document client has to be made with `NUMBERS`. */
  constructor(client: DynamoDBClient | DynamoDBDocumentClient, table: string) {
    this.#document = client instanceof DynamoDBDocumentClient ? client : DynamoDBDocumentClient.from(client, NUMBERS);
    this.#table = table;
  }

  /** Puts the record unless its client already has a job of that id; of two at the same time, one puts it and both get that one. */
  async accept(record: JobRecord): Promise<Accepted> {
    const put = new PutCommand({ TableName: this.#table, Item: record, ConditionExpression: 'attribute_not_exists(job_id)' });
    if (await writeIf(this.#document, put)) return { created: true, record };
    return { created: false, record: await this.#existing(record) };
  }

  /**
   * Notes that the message is on the queue. A job that a worker has taken meanwhile is left as it is.
   *
   * @returns the record as it is afterwards.
   */
  async markQueued(identity: JobIdentity, now: Date): Promise<JobRecord> {
    const queued = await this.#move(identity, 'sent', now, { set: { queued_at: now.toISOString() } });
    return queued ?? this.#existing(identity);
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
    return this.#move(identity, 'redriven', now, { set: { attempts: 0 }, remove: ['finished_at', 'error', 'callback'], raise: true });
  }

  /** Notes that the client of a job that is over is told of its end. An end that came to it since then, after a redrive, is still to be told. */
  async told(job: JobDelivery): Promise<void> {
    await this.#untold(job, 'REMOVE open_state', {});
  }

  /** Puts an end that is still to be told behind those that were not looked at for longer. */
  async tellAgain(job: JobDelivery, now: Date): Promise<void> {
    await this.#untold(job, 'SET updated_at = :now', { ':now': now.toISOString() });
  }

  async #untold({ client_id, job_id, delivery }: JobDelivery, UpdateExpression: string, values: Record<string, string>): Promise<void> {
    await writeIf(
      this.#document,
      new UpdateCommand({
        TableName: this.#table,
        Key: { client_id, job_id },
        UpdateExpression,
        ConditionExpression: 'open_state = :untold AND delivery = :delivery',
        ExpressionAttributeValues: { ':untold': 'untold', ':delivery': delivery, ...values },
      }),
    );
  }

  /** Notes what became of the callback of an end; of a job that was sent again meanwhile nothing is noted. */
  async noteCallback({ client_id, job_id, delivery }: JobDelivery, callback: NonNullable<JobRecord['callback']>): Promise<void> {
    await writeIf(
      this.#document,
      new UpdateCommand({
        TableName: this.#table,
        Key: { client_id, job_id },
        UpdateExpression: 'SET callback = :callback',
        ConditionExpression:
          'attribute_exists(job_id) AND delivery = :delivery AND (attribute_not_exists(callback) OR callback.#state <> :over)',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':callback': callback, ':delivery': delivery, ':over': 'delivered' },
      }),
    );
  }

  /**
   * Jobs that nothing has changed since `before`, the oldest first, page by page; eventually consistent: open ones in a state, or those that
   * have ended and whose client is still to be told.
   */
  async *untouched(state: OpenJobState | 'untold', before: Date): AsyncGenerator<JobRecord> {
    yield* this.#pages<JobRecord>({
      IndexName: 'by-open-state',
      KeyConditionExpression: 'open_state = :state AND updated_at < :before',
      ExpressionAttributeValues: { ':state': state, ':before': before.toISOString() },
    });
  }

  /**
   * Jobs of an algorithm that were accepted from `since` on and before `until`, the oldest first, page by page; eventually consistent.
   * @throws when a page cannot be read: what was given until then is not all of them.
   */
  async *ofAlgorithm<Field extends keyof JobRecord>(
    algorithm: string,
    { since, until, fields }: Asked<Field>,
  ): AsyncGenerator<Pick<JobRecord, Field>> {
    yield* this.#pages<Pick<JobRecord, Field>>({
      IndexName: 'by-algorithm',
      KeyConditionExpression: '#algorithm = :algorithm AND #accepted_at BETWEEN :since AND :last',
      ProjectionExpression: fields.map((field) => `#${field}`).join(', '),
      ExpressionAttributeNames: Object.fromEntries([...fields, 'algorithm', 'accepted_at'].map((field) => [`#${field}`, field])),
      ExpressionAttributeValues: {
        ':algorithm': algorithm,
        ':since': since.toISOString(),
        ':last': new Date(until.getTime() - 1).toISOString(),
      },
    });
  }

  /**
   * Jobs of a client, the newest first: one read, of at most 1 MB. Of what is filtered, a page may hold fewer than `limit` while there are
   * more; eventually consistent.
   */
  async page(client_id: string, filter: JobFilter): Promise<JobPage> {
    const { Items = [], LastEvaluatedKey } = await this.#document.send(
      new QueryCommand({ TableName: this.#table, ...pageQuery(client_id, filter) }),
    );
    const records = Items.slice(0, filter.limit) as JobRecord[];
    const last = Items.length > filter.limit ? records.at(-1) : (LastEvaluatedKey as JobRecord | undefined);
    return { records, ...(last && { next: { accepted_at: last.accepted_at, job_id: last.job_id } }) };
  }

  async *#pages<Item>(query: Omit<QueryCommandInput, 'TableName'>): AsyncGenerator<Item> {
    let from: Record<string, unknown> | undefined;
    do {
      const page = await this.#document.send(new QueryCommand({ ...query, TableName: this.#table, ExclusiveStartKey: from }));
      yield* (page.Items ?? []) as Item[];
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
  async #move({ client_id, job_id }: JobIdentity, event: JobStep, now: Date, also: Also): Promise<JobRecord | undefined> {
    const { from, to }: Transition = TRANSITIONS[event];
    const open = isOpen(to) ? to : isTold({ client_id }) ? 'untold' : undefined;
    const set = { state: to, ...(open && { open_state: open }), updated_at: now.toISOString(), ...also.set };
    const remove = ['progress', ...(also.remove ?? []), ...(open ? [] : ['open_state'])]; // progress is of one attempt
    const names = [...new Set(['state', ...Object.keys(set), ...remove, ...(also.raise ? ['delivery'] : [])])];
    const update = new UpdateCommand({
      TableName: this.#table,
      Key: { client_id, job_id },
      UpdateExpression: [
        `SET ${Object.keys(set).map((name) => `#${name} = :${name}`)}`,
        `REMOVE ${remove.map((name) => `#${name}`)}`,
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
    return (await writeIf(this.#document, update))?.Attributes as JobRecord | undefined;
  }

  async #existing(identity: JobIdentity): Promise<JobRecord> {
    const record = await this.get(identity);
    if (!record) throw new Error('a job disappeared between two reads: nothing deletes from this table but its owner');
    return record;
  }
}

/** Without a filter no more is read than the page holds; with one as much as a read can, and what is too much is cut. */
function pageQuery(client_id: string, { limit, algorithm, state, since, after }: JobFilter): Omit<QueryCommandInput, 'TableName'> {
  const equal = Object.entries({ algorithm, state }).filter(([, value]) => value !== undefined);
  const named = ['client_id', ...(since ? ['accepted_at'] : []), ...equal.map(([name]) => name)];
  return {
    IndexName: 'by-client',
    ScanIndexForward: false,
    KeyConditionExpression: `#client_id = :client_id${since ? ' AND #accepted_at >= :accepted_at' : ''}`,
    ...(equal.length > 0 ? { FilterExpression: equal.map(([name]) => `#${name} = :${name}`).join(' AND ') } : { Limit: limit }),
    ExpressionAttributeNames: Object.fromEntries(named.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ':client_id': client_id,
      ...(since && { ':accepted_at': since.toISOString() }),
      ...Object.fromEntries(equal.map(([name, value]) => [`:${name}`, value])),
    },
    ...(after && { ExclusiveStartKey: { client_id, ...after } }),
  };
}
