/** An image store over an emulator: its tables and bucket as `infra` makes them, a client's key, and what lies in the bucket. */
import { randomBytes } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient, type GlobalSecondaryIndex } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, ListMultipartUploadsCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { ClientTable, type NameScope, newClientKey, physicalNames } from '@mip/registry';
import type { FastifyInstance } from 'fastify';
import { type AppOptions, BASE, createImageStore } from '../app.ts';
import { awsPorts } from '../aws.ts';

export interface Connection {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const INDEXES = {
  'by-listing': ['listed', 'sorted_by'],
  'by-patient': ['patient', 'sorted_by'],
  'by-accession': ['accession', 'sorted_by'],
  'by-instance': ['instance_hash', 'row'],
} as const;

export interface ServeOptions extends Partial<Omit<AppOptions, 'imagesKey' | 'workersKey'>> {
  /** Where the store finds AWS: a proxy, in place of the emulator itself. */
  readonly endpoint?: string;
}

/** The place of one test. */
export class EmulatedPlace {
  readonly scope: NameScope;
  readonly key = newClientKey();
  readonly imagesKey = randomBytes(32).toString('hex');
  readonly workersKey = randomBytes(32).toString('hex');
  readonly connection: Connection;
  readonly #apps: FastifyInstance[] = [];
  readonly #dynamodb: DynamoDBClient;
  readonly #s3: S3Client;

  private constructor(connection: Connection) {
    this.connection = connection;
    this.scope = { prefix: `t${randomBytes(4).toString('hex')}`, account: '000000000000', region: connection.region, platform: 'test' };
    this.#dynamodb = new DynamoDBClient(connection);
    this.#s3 = new S3Client({ ...connection, forcePathStyle: true });
  }

  static async make(connection: Connection): Promise<EmulatedPlace> {
    const place = new EmulatedPlace(connection);
    await place.#createTables();
    await place.#s3.send(new CreateBucketCommand({ Bucket: place.bucket }));
    await new ClientTable(place.#dynamodb, place.names.table('clients')).register(place.key, 'clinic-a', new Date());
    return place;
  }

  /** The image store over this place, in this process, until `close`. @returns its address, ending in `/dicomweb`. */
  async serve({ endpoint = this.connection.endpoint, ...options }: ServeOptions = {}): Promise<string> {
    const { imagesKey, workersKey } = this;
    const ports = awsPorts(this.scope, { imagesKey, connection: { ...this.connection, endpoint } });
    const app = createImageStore(ports, { imagesKey, workersKey, maxInstanceBytes: 1e9, logLevel: 'silent', ...options });
    this.#apps.push(app);
    return `${await app.listen({ port: 0, host: '127.0.0.1' })}${BASE}`;
  }

  /** Ends what serves. */
  async close(): Promise<void> {
    for (const app of this.#apps) await app.close();
  }

  get names() {
    return physicalNames(this.scope);
  }

  get bucket(): string {
    return this.names.bucket('images');
  }

  /** Every key in the bucket. */
  async keys(): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.#s3 }, { Bucket: this.bucket }))
      keys.push(...Contents.map(({ Key = '' }) => Key));
    return keys.sort();
  }

  /** Uploads that have begun and not ended. */
  async uploads(): Promise<readonly string[]> {
    const { Uploads = [] } = await this.#s3.send(new ListMultipartUploadsCommand({ Bucket: this.bucket }));
    return Uploads.map(({ Key = '' }) => Key);
  }

  /** Every row of the index. */
  async rows(): Promise<readonly Record<string, unknown>[]> {
    const document = DynamoDBDocumentClient.from(this.#dynamodb);
    const items: Record<string, unknown>[] = [];
    for await (const { Items = [] } of paginateScan({ client: document }, { TableName: this.names.table('images'), ConsistentRead: true }))
      items.push(...Items);
    return items;
  }

  async #createTables(): Promise<void> {
    const index = ([IndexName, [partition, sort]]: [string, readonly [string, string]]): GlobalSecondaryIndex => ({
      IndexName,
      KeySchema: [key(partition, 'HASH'), key(sort, 'RANGE')],
      Projection: { ProjectionType: IndexName === 'by-instance' ? 'KEYS_ONLY' : 'ALL' },
    });
    const attributes = new Set(['study', 'row', ...Object.values(INDEXES).flat()]);
    const images = new CreateTableCommand({
      TableName: this.names.table('images'),
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [...attributes].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [key('study', 'HASH'), key('row', 'RANGE')],
      GlobalSecondaryIndexes: Object.entries(INDEXES).map(index),
    });
    const clients = new CreateTableCommand({
      TableName: this.names.table('clients'),
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'key_hash', AttributeType: 'S' }],
      KeySchema: [key('key_hash', 'HASH')],
    });
    await Promise.all([this.#dynamodb.send(images), this.#dynamodb.send(clients)]);
  }
}

function key(AttributeName: string, KeyType: 'HASH' | 'RANGE') {
  return { AttributeName, KeyType };
}
