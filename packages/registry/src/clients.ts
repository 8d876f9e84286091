/** Clients of the API. A key is shown once, when it is made; the table `mip-clients` holds only its hash. */
import { createHash, randomBytes } from 'node:crypto';
import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';

export interface Client {
  readonly client_id: string;
  /** ISO 8601 in UTC with milliseconds. */
  readonly created_at: string;
  /** When the key stopped being valid; absent while it is. */
  readonly revoked_at?: string;
}

/** `mip_` and 32 random bytes in base64url. */
export const CLIENT_KEY = /^mip_[A-Za-z0-9_-]{43}$/;

/** A new key of 256 random bits. A plain hash protects it: nobody can guess through that many. */
export function newClientKey(): string {
  return `mip_${randomBytes(32).toString('base64url')}`;
}

/** SHA-256 of the key in hex: the table's primary key. */
export function hashClientKey(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex');
}

export class ClientTable {
  readonly #document: Pick<DynamoDBDocumentClient, 'send'>;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#document = DynamoDBDocumentClient.from(client);
    this.#table = table;
  }

  /** The client that a key belongs to; undefined for one that is unknown, revoked, or not even shaped like a key. */
  async find(key: string): Promise<Client | undefined> {
    if (!CLIENT_KEY.test(key)) return undefined;
    const client = await this.#get(hashClientKey(key));
    return client?.revoked_at === undefined ? client : undefined;
  }

  /**
   * Makes the key valid for a client. Registering the same pair again changes nothing, not even a revocation.
   *
   * @throws {Error} when the key belongs to another client, or is not shaped like a key.
   */
  async register(key: string, clientId: string, now: Date): Promise<void> {
    if (!CLIENT_KEY.test(key)) throw new Error('a client key is mip_ and 43 characters of base64url');
    const Item = { key_hash: hashClientKey(key), client_id: clientId, created_at: now.toISOString() };
    try {
      await this.#document.send(new PutCommand({ TableName: this.#table, Item, ConditionExpression: 'attribute_not_exists(key_hash)' }));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      const owner = await this.#get(Item.key_hash);
      if (owner?.client_id !== clientId) throw new Error('this key belongs to another client: make a new one');
    }
  }

  async #get(hash: string): Promise<Client | undefined> {
    const { Item } = await this.#document.send(new GetCommand({ TableName: this.#table, Key: { key_hash: hash }, ConsistentRead: true }));
    return Item as Client | undefined;
  }
}
