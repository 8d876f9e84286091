/** Clients of the API. A key is shown once, when it is made; the table `mip-clients` holds only its hash. */
import { createHash, randomBytes } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { writeIf } from './conditional-write.ts';

/** What a client may ask for where it is not what the platform says; 0 sets no limit. */
export interface ClientLimits {
  /** Jobs that it may send in a minute. */
  readonly per_minute?: number;
  /** Its jobs that may be open at a time. */
  readonly concurrent?: number;
}

export interface Client {
  readonly client_id: string;
  /** ISO 8601 in UTC with milliseconds. */
  readonly created_at: string;
  /** When the key stopped being valid; absent while it is. */
  readonly revoked_at?: string;
  /** From when on the key, which another has taken the place of, is not valid any more; of the client of a token, when that expires. */
  readonly expires_at?: string;
  /** Of the key; absent for the client of a token. */
  readonly key_hash?: string;
  /** Of the client; absent where it has those of the platform. */
  readonly limits?: ClientLimits;
  /** What it may do beside sending jobs, in the platform's own names: `admission.override_roles` of the platform file. */
  readonly roles?: readonly string[];
  /** True where the client has a secret that its callbacks are signed with. */
  readonly signs_callbacks?: boolean;
}

/** `mip_` and 32 random bytes in base64url. */
export const CLIENT_KEY = /^mip_[A-Za-z0-9_-]{43}$/;

/** A role, as clients, tokens and platform files name it. */
export const ROLE = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/;
/** As many roles as anybody has. */
export const MOST_ROLES = 64;

/** A new key of 256 random bits. A plain hash protects it: nobody can guess through that many. */
export function newClientKey(): string {
  return `mip_${randomBytes(32).toString('base64url')}`;
}

/** SHA-256 of the key in hex: the table's primary key. */
export function hashClientKey(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex');
}

/** What a client has beside keys: kept once for the client, and copied to each of its keys, so that a request needs one read. */
export type ClientSettings = Pick<Client, 'limits' | 'roles' | 'signs_callbacks'>;

/** Whether a key may be used now. */
export function isValid({ revoked_at, expires_at }: Client, now: Date): boolean {
  return revoked_at === undefined && (expires_at === undefined || Date.parse(expires_at) > now.getTime());
}

export class ClientTable {
  readonly #document: Pick<DynamoDBDocumentClient, 'send'>;
  readonly #table: string;
  readonly #now: () => Date;

  constructor(client: DynamoDBClient, table: string, now = () => new Date()) {
    this.#document = DynamoDBDocumentClient.from(client);
    this.#table = table;
    this.#now = now;
  }

  /** The client that a key belongs to; undefined for one that is unknown, revoked, expired, or not even shaped like a key. One read. */
  async find(key: string): Promise<Client | undefined> {
    return CLIENT_KEY.test(key) ? this.findByHash(hashClientKey(key)) : undefined;
  }

  /** As `find`, for a key that was shown before. */
  async findByHash(hash: string): Promise<Client | undefined> {
    const client = await this.#get(hash);
    return client && isValid(client, this.#now()) ? client : undefined;
  }

  /**
   * Makes the key valid for a client. Registering the same pair again changes nothing, not even a revocation.
   *
   * @param settings what the client has beside keys.
   * @throws {Error} when the key belongs to another client, or is not shaped like a key.
   */
  async register(key: string, clientId: string, now: Date, settings: ClientSettings = {}): Promise<void> {
    if (!CLIENT_KEY.test(key)) throw new Error('a client key is mip_ and 43 characters of base64url');
    const Item = { key_hash: hashClientKey(key), client_id: clientId, created_at: now.toISOString(), ...settings };
    const put = new PutCommand({ TableName: this.#table, Item, ConditionExpression: 'attribute_not_exists(key_hash)' });
    if (await writeIf(this.#document, put)) return;
    const owner = await this.#get(Item.key_hash);
    if (owner?.client_id !== clientId) throw new Error('this key belongs to another client: make a new one');
  }

  async #get(hash: string): Promise<Client | undefined> {
    const { Item } = await this.#document.send(new GetCommand({ TableName: this.#table, Key: { key_hash: hash }, ConsistentRead: true }));
    return Item as Client | undefined;
  }
}
