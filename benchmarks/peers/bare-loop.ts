/**
 * The peer of `end-to-end`: the AWS calls that the router and the worker make for one job, in one process, one job after another,
 * without HTTP, validation or pixels. It stores the bytes of a result that MIP computed, so that as much goes out as with MIP.
 */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { PhysicalNames } from '@mip/registry';

interface Connection {
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** What the loop needs: where, which image, and a job of MIP's whose results it stores again. */
export interface BareLoopOptions {
  readonly connection: Connection;
  readonly names: PhysicalNames;
  /** The key of the image's object. */
  readonly imageKey: string;
  readonly sample: string;
  readonly clientId: string;
  readonly algorithm: string;
}

interface Stored {
  readonly name: string;
  readonly body: Uint8Array;
}

const CLIENT = 'bare-loop';

export class BareLoop {
  readonly #options: BareLoopOptions;
  readonly #tables: DynamoDBDocumentClient;
  readonly #s3: S3Client;
  readonly #sqs: SQSClient;
  readonly #results: readonly Stored[];
  readonly #queue: string;
  readonly #keys: string[] = [];

  private constructor(
    options: BareLoopOptions,
    clients: { tables: DynamoDBDocumentClient; s3: S3Client; sqs: SQSClient },
    results: readonly Stored[],
    queue: string,
  ) {
    this.#options = options;
    this.#tables = clients.tables;
    this.#s3 = clients.s3;
    this.#sqs = clients.sqs;
    this.#results = results;
    this.#queue = queue;
  }

  /** Makes a queue of its own and reads the sample's results once. */
  static async prepare(options: BareLoopOptions): Promise<BareLoop> {
    const tables = DynamoDBDocumentClient.from(new DynamoDBClient(options.connection));
    const s3 = new S3Client({ ...options.connection, forcePathStyle: true });
    const sqs = new SQSClient(options.connection);
    const key = { client_id: options.clientId, job_id: options.sample };
    const record = await tables.send(new GetCommand({ TableName: options.names.table('jobs'), Key: key }));
    const results = await Promise.all(
      ((record.Item?.results ?? []) as { name: string; key: string }[]).map(async ({ name, key: from }) => {
        const object = await s3.send(new GetObjectCommand({ Bucket: options.names.bucket('results'), Key: from }));
        return { name, body: await (object.Body as { transformToByteArray(): Promise<Uint8Array> }).transformToByteArray() };
      }),
    );
    const attributes = { FifoQueue: 'true', FifoThroughputLimit: 'perMessageGroupId', DeduplicationScope: 'messageGroup' };
    const queue = await sqs.send(new CreateQueueCommand({ QueueName: `bench-${randomUUID()}.fifo`, Attributes: attributes }));
    return new BareLoop(options, { tables, s3, sqs }, results, queue.QueueUrl ?? '');
  }

  /** `count` jobs, one after another. */
  async run(count: number): Promise<void> {
    for (let job = 0; job < count; job += 1) {
      const jobId = randomUUID();
      await this.#request(jobId);
      await this.#work(jobId);
    }
  }

  /** Every result that the loop should have stored is there, byte for byte as long as MIP's. */
  async assertSameResults(jobs: number): Promise<void> {
    if (this.#results.length === 0 || this.#keys.length !== jobs * this.#results.length)
      throw new Error('the bare loop stored another number of results than MIP');
    for (const [index, key] of this.#keys.entries()) {
      const head = await this.#s3.send(new HeadObjectCommand({ Bucket: this.#options.names.bucket('results'), Key: key }));
      if (head.ContentLength !== this.#results[index % this.#results.length]?.body.length)
        throw new Error(`${key} differs from MIP's result`);
    }
  }

  async remove(): Promise<void> {
    await this.#sqs.send(new DeleteQueueCommand({ QueueUrl: this.#queue }));
    for (let at = 0; at < this.#keys.length; at += 1000) {
      const Objects = this.#keys.slice(at, at + 1000).map((Key) => ({ Key }));
      await this.#s3.send(new DeleteObjectsCommand({ Bucket: this.#options.names.bucket('results'), Delete: { Objects } }));
    }
  }

  /** The router's calls: client, registry, record, message, record. */
  async #request(jobId: string): Promise<void> {
    const { names, algorithm } = this.#options;
    await this.#tables.send(new GetCommand({ TableName: names.table('clients'), Key: { key_hash: '0'.repeat(64) } }));
    await this.#tables.send(new GetCommand({ TableName: names.table('algorithms'), Key: { algorithm_name: algorithm } }));
    const record = { client_id: CLIENT, job_id: jobId, algorithm, state: 'accepted', accepted_at: new Date().toISOString() };
    await this.#tables.send(
      new PutCommand({ TableName: names.table('jobs'), Item: record, ConditionExpression: 'attribute_not_exists(job_id)' }),
    );
    const message = { QueueUrl: this.#queue, MessageBody: JSON.stringify(record), MessageGroupId: jobId, MessageDeduplicationId: jobId };
    await this.#sqs.send(new SendMessageCommand(message));
    await this.#update(jobId, 'queued');
  }

  /** The worker's calls: receive, visibility, record, image, results, record, delete. */
  async #work(jobId: string): Promise<void> {
    const { names, imageKey } = this.#options;
    const received = await this.#sqs.send(new ReceiveMessageCommand({ QueueUrl: this.#queue, WaitTimeSeconds: 20 }));
    const ReceiptHandle = received.Messages?.[0]?.ReceiptHandle;
    await this.#sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: this.#queue, ReceiptHandle, VisibilityTimeout: 60 }));
    await this.#update(jobId, 'running');
    const image = await this.#s3.send(new GetObjectCommand({ Bucket: names.bucket('images'), Key: imageKey }));
    await image.Body?.transformToByteArray();
    for (const { name, body } of this.#results) {
      const Key = `jobs/${jobId}/bare-loop/${name}`;
      await this.#s3.send(new PutObjectCommand({ Bucket: names.bucket('results'), Key, Body: body }));
      this.#keys.push(Key);
    }
    await this.#update(jobId, 'succeeded');
    await this.#sqs.send(new DeleteMessageCommand({ QueueUrl: this.#queue, ReceiptHandle }));
  }

  async #update(jobId: string, state: string): Promise<void> {
    await this.#tables.send(
      new UpdateCommand({
        TableName: this.#options.names.table('jobs'),
        Key: { client_id: CLIENT, job_id: jobId },
        UpdateExpression: 'SET #state = :state, updated_at = :now',
        ConditionExpression: 'attribute_exists(job_id)',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':state': state, ':now': new Date().toISOString() },
      }),
    );
  }
}
