/** Reads and writes of the table `mip-algorithms`. A write never touches a row that another catalog owns. */

import { BatchGetCommand, DeleteCommand, type DynamoDBDocumentClient, GetCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { writeIf } from './conditional-write.ts';
import type { EntryHash, Pin, PublishedEntry, RegistryEntry, UnservedEntry } from './entry.ts';
import { LIMITS } from './limits.ts';

/** The row belongs to another catalog (or to nobody that says so), so it was left as it is. */
export class NotOwned extends Error {
  override readonly name = 'NotOwned';
}

/** What only publishing writes: an attribute among these that a new row lacks is removed, all others stay. */
const OPTIONAL: readonly (keyof RegistryEntry)[] = [
  'tree_hash',
  'memory_model',
  'gpu',
  'conformance',
  'reason',
  'failed_version',
  'releases',
  'pin',
];

/** A version that was not rolled out. */
export interface FailedVersion {
  readonly name: string;
  readonly owner: string;
  readonly version: string;
  /** A sentence. */
  readonly reason: string;
  /** The row where no version serves anybody yet. */
  readonly unserved?: UnservedEntry | undefined;
}

/** What is asked of the rows of a registry. */
export interface RowFilter {
  /** At most so many rows. */
  readonly limit: number;
  readonly status?: string;
  readonly type?: string;
  /** Where the page before ended: its `next`. */
  readonly after?: string;
}

/** Some rows of a registry, and where there are more. */
export interface RowPage {
  readonly rows: readonly RegistryEntry[];
  readonly next?: string;
}

interface ByHand {
  readonly attribute: 'scale_override' | 'pin';
  /** Removed where there is none. */
  readonly value: object | null | undefined;
}

export class Registry {
  readonly #document: Pick<DynamoDBDocumentClient, 'send'>;
  readonly #table: string;

  /** @param document made with `removeUndefinedValues`. */
  constructor(document: Pick<DynamoDBDocumentClient, 'send'>, table: string) {
    this.#document = document;
    this.#table = table;
  }

  /** A strongly consistent read of one row. */
  async get(name: string): Promise<RegistryEntry | undefined> {
    const { Item } = await this.#document.send(
      new GetCommand({ TableName: this.#table, Key: { algorithm_name: name }, ConsistentRead: true }),
    );
    return Item as RegistryEntry | undefined;
  }

  /** Strongly consistent reads of a few rows; those that do not exist are left out. */
  async getMany(names: readonly string[]): Promise<readonly RegistryEntry[]> {
    const rows: RegistryEntry[] = [];
    const waiting = names.map((name) => ({ algorithm_name: name }));
    while (waiting.length > 0) {
      const Keys = waiting.splice(0, LIMITS.dynamodb.batchGet);
      const answer = await this.#document.send(new BatchGetCommand({ RequestItems: { [this.#table]: { Keys, ConsistentRead: true } } }));
      rows.push(...((answer.Responses?.[this.#table] ?? []) as RegistryEntry[]));
      waiting.push(...((answer.UnprocessedKeys?.[this.#table]?.Keys ?? []) as typeof waiting));
    }
    return rows;
  }

  /**
   * Some rows, in the table's own order: one read, of at most 1 MB. Of what is filtered, a page may hold fewer than `limit` while there are
   * more; eventually consistent.
   */
  async page({ limit, status, type, after }: RowFilter): Promise<RowPage> {
    const equal = Object.entries({ status, algorithm_type: type }).filter(([, value]) => value !== undefined);
    const { Items = [], LastEvaluatedKey } = await this.#document.send(
      new ScanCommand({
        TableName: this.#table,
        // Without a filter no more is read than the page holds; with one as much as a read can, and what is too much is cut.
        ...(equal.length === 0
          ? { Limit: limit }
          : {
              FilterExpression: equal.map(([name]) => `#${name} = :${name}`).join(' AND '),
              ExpressionAttributeNames: Object.fromEntries(equal.map(([name]) => [`#${name}`, name])),
              ExpressionAttributeValues: Object.fromEntries(equal.map(([name, value]) => [`:${name}`, value])),
            }),
        ...(after !== undefined && { ExclusiveStartKey: { algorithm_name: after } }),
      }),
    );
    const rows = Items.slice(0, limit) as RegistryEntry[];
    const last = (Items.length > limit ? rows.at(-1) : LastEvaluatedKey)?.algorithm_name as string | undefined;
    return { rows, ...(last !== undefined && { next: last }) };
  }

  /** Every row, page by page, in no order. */
  async *all(): AsyncGenerator<RegistryEntry> {
    yield* this.#scan<RegistryEntry>({});
  }

  /** The hash and the owner of every row, page by page: a small fraction of their bytes over the wire. */
  async *hashes(): AsyncGenerator<EntryHash> {
    yield* this.#scan<EntryHash>({
      ProjectionExpression: 'algorithm_name, spec_hash, managed_by, scale_override, pin',
      ConsistentRead: true,
    });
  }

  async *#scan<Row>(options: { ProjectionExpression?: string; ConsistentRead?: boolean }): AsyncGenerator<Row> {
    let from: Record<string, unknown> | undefined;
    do {
      const page = await this.#document.send(
        new ScanCommand({ TableName: this.#table, ...options, ...(from && { ExclusiveStartKey: from }) }),
      );
      yield* (page.Items ?? []) as Row[];
      from = page.LastEvaluatedKey;
    } while (from);
  }

  /**
   * Writes what Git decides and keeps `created_at` and overrides.
   * @param adopted takes over a row that belongs to nobody.
   * @throws {NotOwned} when the row exists and `managed_by` differs.
   */
  async publish(row: PublishedEntry, now: Date, adopted = false): Promise<void> {
    const condition = `attribute_not_exists(${adopted ? '#managed_by' : 'algorithm_name'}) OR #managed_by = :managed_by`;
    await this.#owned(row.algorithm_name, this.#replacement(row, now, condition));
  }

  /**
   * Notes that a version was not rolled out. What the row says of the version that serves stays; that it is in sync it says no more.
   * @throws {NotOwned} when the row belongs to another catalog, or there is none and none to make.
   */
  async fail({ name, owner, version, reason, unserved }: FailedVersion, now: Date): Promise<void> {
    const failed = { status: 'failed' as const, reason, failed_version: version };
    const set = { ...failed, updated_at: now.toISOString() };
    const mark = new UpdateCommand({
      TableName: this.#table,
      Key: { algorithm_name: name },
      UpdateExpression: `SET ${Object.keys(set).map((key) => `#${key} = :${key}`)} REMOVE #spec_hash`,
      ConditionExpression: 'managed_by = :owner AND attribute_exists(queue_url)',
      ExpressionAttributeNames: Object.fromEntries([...Object.keys(set), 'spec_hash'].map((key) => [`#${key}`, key])),
      ExpressionAttributeValues: { ...Object.fromEntries(Object.entries(set).map(([key, value]) => [`:${key}`, value])), ':owner': owner },
    });
    try {
      await this.#owned(name, mark);
    } catch (error) {
      if (!(error instanceof NotOwned && unserved)) throw error;
      const condition = 'attribute_not_exists(algorithm_name) OR #managed_by = :managed_by AND attribute_not_exists(queue_url)';
      await this.#owned(name, this.#replacement({ ...unserved, ...failed }, now, condition));
    }
  }

  /** Writes all that publishing writes, and removes of it what is not there. */
  #replacement({ algorithm_name, ...attributes }: UnservedEntry & Partial<RegistryEntry>, now: Date, condition: string): UpdateCommand {
    const set = Object.entries({ ...attributes, updated_at: now.toISOString() }).filter(([, value]) => value !== undefined);
    const remove = OPTIONAL.filter((name) => !set.some(([key]) => key === name));
    const names = Object.fromEntries([...set.map(([key]) => key), ...remove, 'created_at'].map((key) => [`#${key}`, key]));
    const values = Object.fromEntries(set.map(([key, value]) => [`:${key}`, value]));
    const assignments = [...set.map(([key]) => `#${key} = :${key}`), '#created_at = if_not_exists(#created_at, :updated_at)'];
    return new UpdateCommand({
      TableName: this.#table,
      Key: { algorithm_name },
      UpdateExpression: [
        `SET ${assignments.join(', ')}`,
        ...(remove.length > 0 ? [`REMOVE ${remove.map((key) => `#${key}`).join(', ')}`] : []),
      ].join(' '),
      ConditionExpression: condition,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    });
  }

  /**
   * Sets the number of tasks for a while, or lets go of it with null.
   * @throws {NotOwned} when there is no such row of this owner.
   */
  async scale(name: string, owner: string, override: RegistryEntry['scale_override'] | null): Promise<void> {
    await this.#setByHand(name, owner, { attribute: 'scale_override', value: override });
  }

  /**
   * Puts a released version in the place of the catalog's, or lets go of it with null; the next apply does it.
   * @throws {NotOwned} when there is no such row of this owner.
   */
  async pin(name: string, owner: string, pin: Pin | null): Promise<void> {
    await this.#setByHand(name, owner, { attribute: 'pin', value: pin });
  }

  /**
   * Removes a row; one that is gone already is fine.
   * @throws {NotOwned} when the row belongs to another catalog.
   */
  async withdraw(name: string, owner: string): Promise<void> {
    await this.#owned(
      name,
      new DeleteCommand({
        TableName: this.#table,
        Key: { algorithm_name: name },
        ConditionExpression: 'attribute_not_exists(algorithm_name) OR managed_by = :owner',
        ExpressionAttributeValues: { ':owner': owner },
      }),
    );
  }

  /** What somebody decides beside the catalog. */
  async #setByHand(name: string, owner: string, { attribute, value }: ByHand): Promise<void> {
    await this.#owned(
      name,
      new UpdateCommand({
        TableName: this.#table,
        Key: { algorithm_name: name },
        UpdateExpression: value ? `SET ${attribute} = :value` : `REMOVE ${attribute}`,
        ConditionExpression: 'managed_by = :owner',
        ExpressionAttributeValues: { ':owner': owner, ...(value && { ':value': value }) },
      }),
    );
  }

  async #owned(name: string, command: UpdateCommand | DeleteCommand): Promise<void> {
    if (!(await writeIf(this.#document, command))) throw new NotOwned(`the registry has no row ${name} of this catalog`);
  }
}
