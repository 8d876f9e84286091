import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, paginateQuery, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { hashUid } from '@mip/registry/image-keys';
import { LIMITS } from '@mip/registry/limits';
import pLimit, { type LimitFunction } from 'p-limit';
import type { InstanceUids } from './header.ts';
import { IndexWrite, type Outcome } from './index-write.ts';
import { hashesOf, type NewInstance } from './new-instance.ts';
import { type InstanceRow, instanceKey, type SeriesRow, type StudyRow, seriesKey } from './rows.ts';

export interface ImageIndexOptions {
  readonly dynamodb: DynamoDBClient;
  readonly table: string;
  /** The text of the platform's images key. */
  readonly secret: string;
}

/** Of an instance's row. */
export type StoredObject = Pick<InstanceRow, (typeof OBJECT_FIELDS)[number]>;
const OBJECT_FIELDS = ['uid', 'study_uid', 'series_uid', 'key', 'size', 'transfer_syntax'] as const;

export type DescribedInstance = Pick<InstanceRow, (typeof METADATA_FIELDS)[number]>;
const METADATA_FIELDS = ['uid', 'study_uid', 'series_uid', 'metadata', 'metadata_key'] as const;

/** The table `mip-images` (rows.ts), by UIDs. Reads are consistent: what was stored is found. */
export class ImageIndex {
  readonly #document: DynamoDBDocumentClient;
  readonly #table: string;
  readonly #secret: string;
  readonly #turns = new Map<string, LimitFunction>();

  constructor({ dynamodb, table, secret }: ImageIndexOptions) {
    this.#document = DynamoDBDocumentClient.from(dynamodb, { marshallOptions: { removeUndefinedValues: true } });
    this.#table = table;
    this.#secret = secret;
  }

  study(study: string): Promise<StudyRow | undefined> {
    return this.#get<StudyRow>(study, 'study');
  }

  series(study: string, series: string): Promise<SeriesRow | undefined> {
    return this.#get<SeriesRow>(study, seriesKey(hashUid(this.#secret, 'series', series)));
  }

  instance(uids: InstanceUids): Promise<InstanceRow | undefined> {
    const { series, instance } = hashesOf(this.#secret, uids);
    return this.#get<InstanceRow>(uids.study, instanceKey(series, instance));
  }

  /** Every instance of a study, or of one of its series, a page at a time: in no order that means anything. */
  instancesOf(study: string, series?: string): AsyncGenerator<InstanceRow> {
    return this.#rows<InstanceRow>(study, this.#instances(series));
  }

  /** The same, by what is needed to find and send their objects: without attributes and metadata, so that a whole study fits in memory. */
  objectsOf(study: string, series?: string): AsyncGenerator<StoredObject> {
    return this.#rows<StoredObject>(study, this.#instances(series), OBJECT_FIELDS);
  }

  /** The same, with their metadata and without their attributes. */
  metadataOf(study: string, series?: string): AsyncGenerator<DescribedInstance> {
    return this.#rows<DescribedInstance>(study, this.#instances(series), METADATA_FIELDS);
  }

  /** Every series of a study. */
  seriesOf(study: string): AsyncGenerator<SeriesRow> {
    return this.#rows<SeriesRow>(study, seriesKey(''));
  }

  /**
   * Whether this instance UID is known in another study or series. A search of an index that follows the table by a moment: two studies
   * that bring the same UID within that moment are both stored.
   */
  async isElsewhere(uids: InstanceUids): Promise<boolean> {
    const { study, series, instance } = hashesOf(this.#secret, uids);
    const { Items = [] } = await this.#document.send(
      new QueryCommand({
        TableName: this.#table,
        IndexName: 'by-instance',
        KeyConditionExpression: 'instance_hash = :instance',
        ExpressionAttributeValues: { ':instance': instance },
      }),
    );
    return Items.some((item) => item.study !== study || item.row !== instanceKey(series, instance));
  }

  /**
   * Adds instances whose objects are in their places. The first of a UID stays: whoever comes later with the same bytes is told so.
   *
   * @returns an outcome for each, in their order; it does not throw.
   */
  async add(instances: readonly NewInstance[]): Promise<readonly Outcome[]> {
    const outcomes = new Map<NewInstance, Outcome>();
    for (const batch of batches(instances)) {
      const write = new IndexWrite({ document: this.#document, table: this.#table }, batch);
      const done = await this.#inTurn(batch[0]?.row.study ?? '', () => write.run());
      batch.forEach((instance, index) => {
        outcomes.set(instance, done[index] as Outcome);
      });
    }
    return instances.map((instance) => outcomes.get(instance) as Outcome);
  }

  /** Writers of one study in this process wait for one another instead of refusing each other's transactions. */
  async #inTurn<T>(study: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.get(study) ?? pLimit(1);
    this.#turns.set(study, turn);
    try {
      return await turn(work);
    } finally {
      if (turn.activeCount + turn.pendingCount === 0) this.#turns.delete(study);
    }
  }

  #instances(series: string | undefined): string {
    return instanceKey(series && hashUid(this.#secret, 'series', series));
  }

  async #get<Row>(study: string, row: string): Promise<Row | undefined> {
    const Key = { study: hashUid(this.#secret, 'study', study), row };
    const { Item } = await this.#document.send(new GetCommand({ TableName: this.#table, Key, ConsistentRead: true }));
    return Item as Row | undefined;
  }

  async *#rows<Row>(study: string, prefix: string, fields?: readonly string[]): AsyncGenerator<Row> {
    const pages = paginateQuery(
      { client: this.#document },
      {
        TableName: this.#table,
        KeyConditionExpression: 'study = :study AND begins_with(#row, :prefix)',
        ExpressionAttributeNames: { '#row': 'row', ...(fields && Object.fromEntries(fields.map((field) => [`#${field}`, field]))) },
        ...(fields && { ProjectionExpression: fields.map((field) => `#${field}`).join(', ') }),
        ExpressionAttributeValues: { ':study': hashUid(this.#secret, 'study', study), ':prefix': prefix },
        ConsistentRead: true,
      },
    );
    for await (const { Items = [] } of pages) yield* Items as Row[];
  }
}

/** Of a transaction: 100 actions and 4 MB (limits.ts); rows are counted by what is large in them, with room for the rest. */
const MOST_ACTIONS = LIMITS.dynamodb.transactionActions;
const MOST_BYTES = LIMITS.dynamodb.transactionBytes / 2;

/** Instances of one study, as many as a transaction takes with the rows of their series and study. */
function* batches(instances: readonly NewInstance[]): Generator<readonly NewInstance[]> {
  for (const own of Map.groupBy(instances, ({ row }) => row.study).values()) {
    let batch: NewInstance[] = [];
    let series = new Set<string>();
    let bytes = 0;
    for (const instance of own) {
      const more = sizeOf(instance);
      const actions = batch.length + 1 + series.size + (series.has(instance.seriesKey) ? 0 : 1) + 1;
      if (batch.length > 0 && (actions > MOST_ACTIONS || bytes + more > MOST_BYTES)) {
        yield batch;
        [batch, series, bytes] = [[], new Set(), 0];
      }
      batch.push(instance);
      series.add(instance.seriesKey);
      bytes += more;
    }
    yield batch;
  }
}

function sizeOf({ row }: NewInstance): number {
  return row.attributes.length + (row.metadata?.length ?? 0);
}
