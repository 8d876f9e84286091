/** The only writer of the index: rows of new instances and the counts above them, in one transaction, so that they never drift apart. */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, type DynamoDBDocumentClient, TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import pRetry from 'p-retry';
import { isUnavailable } from './middleware/unavailable.ts';
import type { NewInstance } from './new-instance.ts';
import type { InstanceRow } from './rows.ts';

/**
 * What became of one instance. `same`: these bytes were stored before; `different`: other bytes were. `failed` may have happened all the
 * same where the answer was lost (`certain: false`): its object has to stay. `unforeseen`: a defect, which trying again does not mend.
 */
export type Outcome = 'stored' | 'same' | 'different' | { readonly failed: unknown; readonly certain: boolean; readonly unforeseen?: true };

type Actions = NonNullable<TransactWriteCommandInput['TransactItems']>;
type Known = ReadonlyMap<string, Pick<InstanceRow, 'key' | 'sha256'>>;

/** Repeated while others write to the same study; with a hundred at once, each gets its turn. */
const ATTEMPTS = { retries: 30, minTimeout: 20, maxTimeout: 500, factor: 1.5, randomize: true };
/** Repeated where DynamoDB does not answer, beside the SDK's own attempts. */
const LOST = 1;

/** One transaction's instances, of one study. */
export class IndexWrite {
  readonly #document: DynamoDBDocumentClient;
  readonly #table: string;
  readonly #instances: readonly NewInstance[];
  readonly #outcomes = new Map<NewInstance, Outcome>();
  #lost = 0;
  /** Whether a transaction was sent whose effect is not known: its answer did not come, or came from no DynamoDB. */
  #uncertain = false;

  constructor({ document, table }: { document: DynamoDBDocumentClient; table: string }, instances: readonly NewInstance[]) {
    this.#document = document;
    this.#table = table;
    this.#instances = instances;
  }

  /** @returns an outcome for each instance, in their order. It never throws. */
  async run(): Promise<readonly Outcome[]> {
    try {
      await pRetry(() => this.#attempt(), { ...ATTEMPTS, shouldRetry: ({ error }) => this.#worthRepeating(error) });
    } catch (error) {
      const certain = await this.#isCertain();
      for (const instance of this.#open) this.#outcomes.set(instance, { failed: error, certain });
    }
    return this.#instances.map((instance) => this.#outcomes.get(instance) as Outcome);
  }

  get #open(): readonly NewInstance[] {
    return this.#instances.filter((instance) => !this.#outcomes.has(instance));
  }

  /** Reads what there is, decides, and writes what is new; a row that appears in between makes the write fail as a whole. */
  async #attempt(): Promise<void> {
    const known = await this.#read();
    this.#settle(known);
    const open = this.#open;
    if (open.length === 0) return;
    try {
      await this.#document.send(new TransactWriteCommand({ TransactItems: this.#actions(open, known) }));
    } catch (error) {
      this.#uncertain ||= !isAnswer(error);
      throw error;
    }
    for (const instance of open) this.#outcomes.set(instance, 'stored');
  }

  /** A last look: a transaction whose answer was lost may have taken effect, and may yet; what was refused has not, and will not. */
  async #isCertain(): Promise<boolean> {
    try {
      this.#settle(await this.#read());
    } catch {
      // Then what is known stays as it is.
    }
    return !this.#uncertain;
  }

  #settle(known: Known): void {
    const firsts = new Map<string, Pick<InstanceRow, 'key' | 'sha256'>>(known);
    for (const instance of this.#open) {
      const { row } = instance;
      const first = firsts.get(row.row);
      // Its own row is there where the answer to an earlier attempt was lost.
      if (first === undefined) firsts.set(row.row, row);
      else if (first.key === row.key) this.#outcomes.set(instance, 'stored');
      else this.#outcomes.set(instance, first.sha256 === row.sha256 ? 'same' : 'different');
    }
  }

  async #read(): Promise<Known> {
    const rows = [...this.#open.map(({ row }) => row.row), ...this.#open.map(({ seriesKey }) => seriesKey)];
    const study = this.#instances[0]?.row.study;
    let keys: Record<string, unknown>[] = [...new Set(rows)].map((row) => ({ study, row }));
    const found = new Map<string, Pick<InstanceRow, 'key' | 'sha256'>>();
    while (keys.length > 0) {
      const request = {
        ...{ Keys: keys, ConsistentRead: true, ProjectionExpression: '#row, #key, sha256' },
        ExpressionAttributeNames: { '#row': 'row', '#key': 'key' },
      };
      const { Responses, UnprocessedKeys } = await this.#document.send(new BatchGetCommand({ RequestItems: { [this.#table]: request } }));
      for (const row of (Responses?.[this.#table] ?? []) as InstanceRow[]) found.set(row.row, row);
      keys = UnprocessedKeys?.[this.#table]?.Keys ?? [];
    }
    return found;
  }

  #actions(open: readonly NewInstance[], known: Known): Actions {
    const bySeries = Map.groupBy(open, ({ seriesKey }) => seriesKey);
    const series = [...bySeries].map(([key, own]) => this.#countSeries(own, known.has(key)));
    const added = [...bySeries.keys()].filter((key) => !known.has(key)).length;
    return [...open.map(({ row }) => this.#put(row)), ...series, this.#countStudy(open, added)];
  }

  #put(row: InstanceRow): Actions[number] {
    return { Put: { TableName: this.#table, Item: row, ConditionExpression: 'attribute_not_exists(study)' } };
  }

  #countSeries(own: readonly NewInstance[], exists: boolean): Actions[number] {
    const [{ row, seriesKey, series }] = own as readonly [NewInstance];
    const condition = exists ? 'attribute_exists(study)' : 'attribute_not_exists(study)';
    return this.#count({ study: row.study, row: seriesKey }, { values: series, add: { instance_count: own.length }, condition });
  }

  #countStudy(open: readonly NewInstance[], newSeries: number): Actions[number] {
    const [{ row, study }] = open as readonly [NewInstance];
    const modalities = new Set(open.flatMap(({ series }) => series.modality ?? []));
    const add = {
      instance_count: open.length,
      ...(newSeries > 0 && { series_count: newSeries }),
      ...(modalities.size > 0 && { modalities }),
    };
    return this.#count({ study: row.study, row: 'study' }, { values: study, add });
  }

  /** Adds to a row, and gives it its values where it has none yet. */
  #count(Key: { study: string; row: string }, { values, add, condition }: Count): Actions[number] {
    const set = Object.keys(values).map((name) => `#${name} = if_not_exists(#${name}, :${name})`);
    const more = Object.keys(add).map((name) => `#${name} :${name}`);
    const names = [...Object.keys(values), ...Object.keys(add), 'updated_at'];
    return {
      Update: {
        ...{ TableName: this.#table, Key },
        UpdateExpression: `SET ${[...set, '#updated_at = :updated_at'].join(', ')} ADD ${more.join(', ')}`,
        ...(condition && { ConditionExpression: condition }),
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: Object.fromEntries(
          Object.entries({ ...values, ...add, updated_at: new Date().toISOString() }).map(([name, value]) => [`:${name}`, value]),
        ),
      },
    };
  }

  #worthRepeating(error: Error): boolean {
    if (error instanceof TransactionCanceledException) return (error.CancellationReasons ?? []).some(({ Code }) => PASSING.has(Code ?? ''));
    this.#lost += 1;
    return isUnavailable(error) && this.#lost <= LOST;
  }
}

interface Count {
  readonly values: object;
  readonly add: object;
  readonly condition?: string;
}

/** Reasons of a cancelled transaction that another read and another try can do away with. */
const PASSING: ReadonlySet<string> = new Set([
  'ConditionalCheckFailed',
  'TransactionConflict',
  'ProvisionedThroughputExceeded',
  'ThrottlingError',
]);

/** Whether DynamoDB itself says no. */
function isAnswer(error: unknown): boolean {
  const { $metadata } = error as { $metadata?: { readonly httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500;
}
