/** Reads and writes of the table `mip-jobs` by the API. Workers write the same items; every change is conditional on the state. */
import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand, type UpdateCommandOutput } from '@aws-sdk/lib-dynamodb';
import type { JobRecord } from './generated/job-record.ts';
import { TRANSITIONS } from './job.ts';
import type { JobIdentity } from './job-keys.ts';

/** What `accept` found or made. */
export interface Accepted {
  /** False when the job was there already; `record` is then the one that was. */
  readonly created: boolean;
  readonly record: JobRecord;
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
    const { from, to } = TRANSITIONS.sent;
    const update = new UpdateCommand({
      TableName: this.#table,
      Key: { client_id, job_id },
      UpdateExpression: 'SET #state = :to, open_state = :to, queued_at = :now, updated_at = :now',
      ConditionExpression: '#state = :from',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':to': to, ':from': from[0], ':now': now.toISOString() },
      ReturnValues: 'ALL_NEW',
    });
    const updated = await this.#met(update);
    return updated ? (updated.Attributes as unknown as JobRecord) : this.#existing({ client_id, job_id });
  }

  /** A strongly consistent read: a client that has just been told 202 finds its job. */
  async get({ client_id, job_id }: JobIdentity): Promise<JobRecord | undefined> {
    const { Item } = await this.#document.send(
      new GetCommand({ TableName: this.#table, Key: { client_id, job_id }, ConsistentRead: true }),
    );
    return Item as JobRecord | undefined;
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
