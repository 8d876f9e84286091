/**
 * The peer of the image store: the S3 and DynamoDB calls that it makes for the same work, by the same SDK, and nothing else: no HTTP,
 * no multipart, no DICOM, no hashing of what is stored.
 */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  BatchGetCommand,
  DynamoDBDocumentClient,
  GetCommand,
  paginateQuery,
  QueryCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import pLimit from 'p-limit';

export interface BareStoreOptions {
  readonly connection: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly table: string;
  readonly bucket: string;
}

type Row = Record<string, unknown> & { readonly study: string; readonly row: string };

/** As many as the image store has in flight. */
const AT_ONCE = 4;
/** Instances of one transaction: DynamoDB takes 100 actions, two of them count. */
const BATCH = 98;

export class BareStore {
  readonly #table: string;
  readonly #bucket: string;
  readonly #document: DynamoDBDocumentClient;
  readonly #s3: S3Client;

  constructor({ connection, table, bucket }: BareStoreOptions) {
    this.#table = table;
    this.#bucket = bucket;
    this.#document = DynamoDBDocumentClient.from(new DynamoDBClient(connection));
    this.#s3 = new S3Client({ ...connection, forcePathStyle: true });
  }

  /** The rows of a series as the image store wrote them; every read of a series starts so. */
  async rows(study: string, prefix: string): Promise<readonly Row[]> {
    const rows: Row[] = [];
    const pages = paginateQuery(
      { client: this.#document },
      {
        TableName: this.#table,
        ConsistentRead: true,
        KeyConditionExpression: '#study = :study AND begins_with(#row, :prefix)',
        ExpressionAttributeNames: { '#study': 'study', '#row': 'row' },
        ExpressionAttributeValues: { ':study': study, ':prefix': prefix },
      },
    );
    for await (const { Items = [] } of pages) rows.push(...(Items as Row[]));
    return rows;
  }

  /** Puts the files, and rows like those of `model` under a study of its own. */
  async store(files: readonly Buffer[], model: readonly Row[]): Promise<void> {
    const study = randomUUID();
    const limit = pLimit(AT_ONCE);
    await Promise.all(files.map((file) => limit(() => this.#put(`bare/${study}/${randomUUID()}.dcm`, file))));
    for (let at = 0; at < model.length; at += BATCH) await this.#write(model.slice(at, at + BATCH).map((row) => ({ ...row, study })));
  }

  async #put(key: string, file: Buffer): Promise<void> {
    await Promise.all([
      this.#s3.send(new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: file, ContentType: 'application/dicom' })),
      this.#document.send(
        new QueryCommand({
          ...{ TableName: this.#table, IndexName: 'by-instance', KeyConditionExpression: 'instance_hash = :key' },
          ExpressionAttributeValues: { ':key': key },
        }),
      ),
    ]);
  }

  async #write(rows: readonly Row[]): Promise<void> {
    const Keys = rows.map(({ study, row }) => ({ study, row }));
    await this.#document.send(new BatchGetCommand({ RequestItems: { [this.#table]: { Keys, ConsistentRead: true } } }));
    const puts = rows.map((Item) => ({ Put: { TableName: this.#table, Item, ConditionExpression: 'attribute_not_exists(study)' } }));
    const counts = ['study', 'series/bare'].map((row) => ({
      Update: {
        ...{ TableName: this.#table, Key: { study: rows[0]?.study, row }, UpdateExpression: 'ADD instance_count :n' },
        ExpressionAttributeValues: { ':n': rows.length },
      },
    }));
    await this.#document.send(new TransactWriteCommand({ TransactItems: [...puts, ...counts] }));
  }

  /** Reads the objects of rows, as many at once as the image store does. @returns all bytes. */
  async objects(rows: readonly Row[]): Promise<readonly Buffer[]> {
    const limit = pLimit(AT_ONCE);
    return (await Promise.all(rows.map(({ key }) => limit(() => this.#get(String(key)))))).flat();
  }

  async #get(key: string): Promise<readonly Buffer[]> {
    const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }));
    const chunks: Buffer[] = [];
    for await (const chunk of Body as AsyncIterable<Buffer>) chunks.push(chunk);
    return chunks;
  }

  async row(study: string, row: string): Promise<Row> {
    const { Item } = await this.#document.send(new GetCommand({ TableName: this.#table, Key: { study, row }, ConsistentRead: true }));
    if (!Item) throw new Error('the index has no such row');
    return Item as Row;
  }
}
