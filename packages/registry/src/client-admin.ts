/** Who may use the API: clients are added, get other keys, lose them, and are limited. For operators; requests read `ClientTable`. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, paginateScan, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type Client, type ClientSettings, ClientTable, isValid, MOST_ROLES, ROLE } from './clients.ts';
import { writeIf } from './conditional-write.ts';
import { ConnectionTable } from './connections.ts';
import { CONFORMANCE_CLIENT } from './names.ts';

export interface KnownClient extends ClientSettings {
  readonly client_id: string;
  readonly created_at: string;
  /** How many keys are valid now. */
  readonly keys: number;
  /** When the last of those that expire does; absent where none does. */
  readonly older_until?: string;
}

/** As requests and records have it. */
export const CLIENT_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** The row of a client itself; no hash begins like it. */
const OF_CLIENT = 'client#';

/** Roles to give and to take. */
export interface RoleChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

interface Row extends Client {
  readonly key_hash: string;
}

/** The names of the tables. */
export interface ClientTables {
  readonly clients: string;
  readonly connections: string;
}

/** Earlier than any clock says: what is allowed until then is not allowed, whosoever's clock is behind. */
const NEVER = new Date(0);

export class ClientAdmin {
  readonly #document: DynamoDBDocumentClient;
  readonly #table: string;
  readonly #keys: ClientTable;
  readonly #connections: ConnectionTable;

  constructor(client: DynamoDBClient, { clients, connections }: ClientTables) {
    this.#document = DynamoDBDocumentClient.from(client);
    this.#table = clients;
    this.#keys = new ClientTable(client, clients);
    this.#connections = new ConnectionTable(client, connections);
  }

  /** By name. */
  async list(now: Date): Promise<readonly KnownClient[]> {
    const byClient = Map.groupBy(await this.#rows(), ({ client_id }) => client_id);
    return [...byClient.values()].map((rows) => known(rows, now)).sort((a, b) => (a.client_id < b.client_id ? -1 : 1));
  }

  /** Makes a client with its first key. @throws {Error} where there is one of that name, or the name is none. */
  async add(clientId: string, key: string, now: Date, roles: readonly string[] = []): Promise<void> {
    const settings = roles.length > 0 ? { roles: checkedRoles(roles) } : {};
    if (!CLIENT_ID.test(clientId) || clientId === CONFORMANCE_CLIENT)
      throw new Error('a client has a name of 1 to 64 letters, digits, dots, underscores and hyphens, and not mip-conformance');
    if ((await this.#rows(clientId)).length > 0) throw new Error(`there is a client ${clientId} already: rotate gives it another key`);
    await this.#settle(clientId, settings, now);
    await this.#keys.register(key, clientId, now, settings);
  }

  /**
   * Gives a client another key; those that it has, and the connections that were opened with them, hold until `until` at the longest.
   *
   * @throws {Error} where there is no such client.
   */
  async rotate(clientId: string, key: string, { now, until }: { now: Date; until: Date }): Promise<void> {
    const rows = await this.#known(clientId);
    await this.#keys.register(key, clientId, now, settingsOf(rows));
    const older = keysOf(rows);
    for (const row of older) if (isValid(row, until)) await this.#change(row.key_hash, 'expires_at', until.toISOString());
    await this.#allowUntil(clientId, older, { now, until });
  }

  /** Ends all keys of a client, and the connections that were opened with them. @returns how many keys. @throws {Error} where there is no such client. */
  async revoke(clientId: string, now: Date): Promise<number> {
    const keys = keysOf(await this.#known(clientId));
    const valid = keys.filter((row) => isValid(row, now));
    for (const { key_hash } of valid) await this.#change(key_hash, 'revoked_at', now.toISOString());
    await this.#allowUntil(clientId, keys, { now, until: NEVER });
    return valid.length;
  }

  /** Changes what a client has beside its keys. @throws {Error} where there is no such client. */
  async set(clientId: string, change: ClientSettings, now: Date): Promise<ClientSettings> {
    const rows = await this.#known(clientId);
    const before = settingsOf(rows);
    const settings = { ...before, ...change, ...(change.limits && { limits: { ...before.limits, ...change.limits } }) };
    await this.#settle(clientId, settings, now); // first: a key that is made meanwhile copies it
    for (const [name, value] of Object.entries(settings))
      for (const { key_hash } of keysOf(rows)) await this.#change(key_hash, name, value);
    return settings;
  }

  /** Gives a client roles, and takes others; its keys have them, those that are made later as well. @returns all that it has then. */
  async changeRoles(clientId: string, { add, remove }: RoleChange, now: Date): Promise<readonly string[]> {
    const { roles: before = [] } = settingsOf(await this.#known(clientId));
    const roles = checkedRoles([...before, ...add]).filter((role) => !remove.includes(role));
    await this.set(clientId, { roles }, now);
    return roles;
  }

  /** Bounds the connections of these keys, which have to be marked by now: a connection that is opened later looks at its key then. */
  async #allowUntil(clientId: string, keys: readonly Row[], { now, until }: { now: Date; until: Date }): Promise<void> {
    const ended = new Set<string | undefined>(keys.map(({ key_hash }) => key_hash));
    const connections = await this.#connections.of(clientId, now);
    for (const connection of connections)
      if (ended.has(connection.key_hash)) await this.#connections.allowUntil(connection, until.toISOString());
  }

  /** The client's own row, made where it has none: the first client of a local cloud has a key and nothing else. */
  async #settle(client_id: string, settings: ClientSettings, now: Date): Promise<void> {
    const created = (await this.#rows(client_id)).map(({ created_at }) => created_at).sort()[0] ?? now.toISOString();
    const Item = { key_hash: OF_CLIENT + client_id, client_id, created_at: created, ...settings };
    await this.#document.send(new PutCommand({ TableName: this.#table, Item }));
  }

  async #known(clientId: string): Promise<readonly Row[]> {
    const rows = await this.#rows(clientId);
    if (rows.length === 0) throw new Error(`there is no client ${clientId}: add makes one, and list names those there are`);
    return rows;
  }

  async #rows(clientId?: string): Promise<readonly Row[]> {
    const only = clientId !== undefined && { FilterExpression: 'client_id = :id', ExpressionAttributeValues: { ':id': clientId } };
    const rows: Row[] = [];
    const pages = paginateScan({ client: this.#document }, { TableName: this.#table, ConsistentRead: true, ...only });
    for await (const { Items = [] } of pages) rows.push(...(Items as Row[]));
    return rows;
  }

  async #change(key_hash: string, name: string, value: unknown): Promise<void> {
    const update = new UpdateCommand({
      TableName: this.#table,
      Key: { key_hash },
      UpdateExpression: 'SET #name = :value', // by its name: roles is a word of DynamoDB's own
      ConditionExpression: 'attribute_exists(key_hash)',
      ExpressionAttributeNames: { '#name': name },
      ExpressionAttributeValues: { ':value': value },
    });
    await writeIf(this.#document, update); // a row that went meanwhile stays away
  }
}

function keysOf(rows: readonly Row[]): readonly Row[] {
  return rows.filter(({ key_hash }) => !key_hash.startsWith(OF_CLIENT));
}

/** Each once, sorted. @throws {Error} where one cannot be a role, or they are too many. */
function checkedRoles(roles: readonly string[]): readonly string[] {
  if (!roles.every((role) => ROLE.test(role)))
    throw new Error('a role has 1 to 64 letters, digits, dots, underscores, colons, slashes and hyphens');
  const each = [...new Set(roles)].sort();
  if (each.length > MOST_ROLES) throw new Error(`a client has at most ${MOST_ROLES} roles`);
  return each;
}

function settingsOf(rows: readonly Row[]): ClientSettings {
  const { limits, roles, signs_callbacks } = rows.find(({ key_hash }) => key_hash.startsWith(OF_CLIENT)) ?? ({} as Partial<Row>);
  return { ...(limits && { limits }), ...(roles && roles.length > 0 && { roles }), ...(signs_callbacks && { signs_callbacks }) };
}

function known(rows: readonly Row[], now: Date): KnownClient {
  const valid = keysOf(rows).filter((row) => isValid(row, now));
  const [first] = rows.toSorted((a, b) => (a.created_at < b.created_at ? -1 : 1)) as [Row];
  const until = valid
    .flatMap(({ expires_at }) => expires_at ?? [])
    .sort()
    .at(-1);
  const { client_id, created_at } = first;
  return { client_id, created_at, keys: valid.length, ...(until !== undefined && { older_until: until }), ...settingsOf(rows) };
}
