/** Reads and writes of the table `mip-algorithms`. A write never touches a row that another catalog owns. */

import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, DeleteCommand, type DynamoDBDocumentClient, GetCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { EntryHash, PublishedEntry, RegistryEntry } from './entry.ts';
import { LIMITS } from './limits.ts';

/** The row belongs to another catalog (or to nobody that says so), so it was left as it is. */
export class NotOwned extends Error {
  override readonly name = 'NotOwned';
}

/** What only publishing writes: an attribute among these that a new row lacks is removed, all others stay. */
const OPTIONAL: readonly (keyof RegistryEntry)[] = ['tree_hash', 'reason'];

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

  /** Every row, page by page, in no order. */
  async *all(): AsyncGenerator<RegistryEntry> {
    yield* this.#scan<RegistryEntry>({});
  }

  /** The hash and the owner of every row, page by page: a small fraction of their bytes over the wire. */
  async *hashes(): AsyncGenerator<EntryHash> {
    yield* this.#scan<EntryHash>({ ProjectionExpression: 'algorithm_name, spec_hash, managed_by, scale_override', ConsistentRead: true });
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
   * Writes what Git decides and keeps `created_at`, overrides and pins.
   * @param adopted takes over a row that belongs to nobody.
   * @throws {NotOwned} when the row exists and `managed_by` differs.
   */
  async publish(row: PublishedEntry, now: Date, adopted = false): Promise<void> {
    const { algorithm_name, ...attributes } = row;
    const set = Object.entries({ ...attributes, updated_at: now.toISOString() }).filter(([, value]) => value !== undefined);
    const remove = OPTIONAL.filter((name) => !set.some(([key]) => key === name));
    const names = Object.fromEntries([...set.map(([key]) => key), ...remove, 'created_at'].map((key) => [`#${key}`, key]));
    const values = Object.fromEntries(set.map(([key, value]) => [`:${key}`, value]));
    const assignments = [...set.map(([key]) => `#${key} = :${key}`), '#created_at = if_not_exists(#created_at, :updated_at)'];
    await this.#owned(
      algorithm_name,
      new UpdateCommand({
        TableName: this.#table,
        Key: { algorithm_name },
        UpdateExpression: `SET ${assignments.join(', ')} REMOVE ${remove.map((key) => `#${key}`).join(', ')}`,
        ConditionExpression: `attribute_not_exists(${adopted ? '#managed_by' : 'algorithm_name'}) OR #managed_by = :managed_by`,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: values,
      }),
    );
  }

  /**
   * Sets the number of tasks for a while, or lets go of it with null.
   * @throws {NotOwned} when there is no such row of this owner.
   */
  async scale(name: string, owner: string, override: RegistryEntry['scale_override'] | null): Promise<void> {
    await this.#owned(
      name,
      new UpdateCommand({
        TableName: this.#table,
        Key: { algorithm_name: name },
        UpdateExpression: override ? 'SET scale_override = :override' : 'REMOVE scale_override',
        ConditionExpression: 'managed_by = :owner',
        ExpressionAttributeValues: { ':owner': owner, ...(override && { ':override': override }) },
      }),
    );
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

  async #owned(name: string, command: UpdateCommand | DeleteCommand): Promise<void> {
    try {
      await this.#document.send(command as UpdateCommand);
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      throw new NotOwned(`the registry has no row ${name} of this catalog`);
    }
  }
}
