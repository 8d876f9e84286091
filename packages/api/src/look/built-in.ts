/** The platform's own image store: its index says at once what there is, without asking a server. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { BatchGetCommand, type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Dataset } from '@mip/catalog/input-rules/values';
import { hashUid } from '@mip/registry/image-keys';
import { type Found, type ImageSource, type Level, type Look, levelOf, type Uids, whileWaiting } from './look.ts';

/** What is read of a row of `mip-images`; `packages/image-store/src/rows.ts` says what each is. */
interface Row {
  readonly row: string;
  readonly attributes?: string;
  readonly modalities?: ReadonlySet<string>;
  readonly instance_count?: number;
  readonly metadata?: Uint8Array;
}

/** So that no row of another's making fills the memory of a Lambda. */
const MOST_METADATA_BYTES = 64 * 1024 * 1024;
const READ = ['row', 'attributes', 'modalities', 'instance_count', 'metadata'];
const PROJECTION = {
  ProjectionExpression: READ.map((name) => `#${name}`).join(', '),
  ExpressionAttributeNames: Object.fromEntries(READ.map((name) => [`#${name}`, name])),
};
const inflate = promisify(gunzip);

export class BuiltInImages implements ImageSource {
  readonly #document: Pick<DynamoDBDocumentClient, 'send'>;
  readonly #table: string;
  readonly #imagesKey: () => Promise<string>;

  /** @param options.imagesKey the platform's secret for keyed hashes of UIDs. */
  constructor(options: { document: Pick<DynamoDBDocumentClient, 'send'>; table: string; imagesKey: () => Promise<string> }) {
    this.#document = options.document;
    this.#table = options.table;
    this.#imagesKey = options.imagesKey;
  }

  /** One read for an instance or a study, two at the same time for a series. */
  async look(uids: Uids, signal: AbortSignal): Promise<Look> {
    const keys = keysOf(await whileWaiting(this.#imagesKey(), signal), uids);
    const one = levelOf(uids) === 'series' ? this.#firstInstance(keys, signal) : undefined;
    const [rows, sample] = await Promise.all([this.#rows(keys, signal), one]);
    if (!rows) return { kind: 'unknown', why: 'the index is busy' };
    const missing = keys.rows.find(({ row }) => !rows.has(row));
    if (missing) return { kind: 'missing', level: missing.level };
    return found(levelOf(uids), rows, keys, sample);
  }

  /** By `row`; nothing when not all of them could be read. Strongly consistent: what was stored a moment ago is there. */
  async #rows({ study, rows }: Keys, signal: AbortSignal): Promise<ReadonlyMap<string, Row> | undefined> {
    const Keys = rows.map(({ row }) => ({ study, row }));
    const command = new BatchGetCommand({ RequestItems: { [this.#table]: { Keys, ConsistentRead: true, ...PROJECTION } } });
    const { Responses, UnprocessedKeys } = await this.#document.send(command, { abortSignal: signal });
    if (Object.keys(UnprocessedKeys ?? {}).length > 0) return undefined;
    return new Map(((Responses?.[this.#table] ?? []) as unknown as Row[]).map((row) => [row.row, row]));
  }

  async #firstInstance({ study, instances }: Keys, signal: AbortSignal): Promise<Row | undefined> {
    const command = new QueryCommand({
      TableName: this.#table,
      KeyConditionExpression: '#study = :study AND begins_with(#row, :instances)',
      ProjectionExpression: PROJECTION.ProjectionExpression,
      ExpressionAttributeNames: { ...PROJECTION.ExpressionAttributeNames, '#study': 'study' },
      ExpressionAttributeValues: { ':study': study, ':instances': instances },
      ConsistentRead: true,
      Limit: 1,
    });
    const { Items = [] } = await this.#document.send(command, { abortSignal: signal });
    return Items[0] as Row | undefined;
  }
}

interface Keys {
  readonly study: string;
  /** From the study down to what is asked for. */
  readonly rows: readonly { readonly level: Level; readonly row: string }[];
  /** What the rows of the series' instances start with. */
  readonly instances: string;
}

function keysOf(secret: string, { study_uid, series_uid, instance_uid }: Uids): Keys {
  const series = series_uid === undefined ? '' : hashUid(secret, 'series', series_uid);
  const instances = `instance/${series}/`;
  const rows: Keys['rows'][number][] = [{ level: 'study', row: 'study' }];
  if (series_uid !== undefined) rows.push({ level: 'series', row: `series/${series}` });
  if (instance_uid !== undefined) rows.push({ level: 'instance', row: `${instances}${hashUid(secret, 'instance', instance_uid)}` });
  return { study: hashUid(secret, 'study', study_uid), rows, instances };
}

async function found(level: Level, rows: ReadonlyMap<string, Row>, { rows: keys }: Keys, sample: Row | undefined): Promise<Found> {
  const asked = rows.get(keys.at(-1)?.row ?? '');
  const seen = level === 'instance' ? asked : sample;
  const instance = seen?.metadata && (await dataset(seen.metadata));
  const merged = Object.assign({}, ...[...rows.values(), ...(sample ? [sample] : [])].map(attributes)) as Dataset;
  return {
    kind: 'found',
    ...(instance && { instance }),
    known: merged,
    ...(level === 'series' && asked?.instance_count !== undefined && { instances: asked.instance_count }),
    ...(level === 'study' && asked?.modalities && { modalities: [...asked.modalities] }),
  };
}

/** A row with nothing that can be read has nothing to say: the image store is its only writer, but the worker decides. */
async function dataset(metadata: Uint8Array): Promise<Dataset | undefined> {
  try {
    const { dataset } = JSON.parse((await inflate(metadata, { maxOutputLength: MOST_METADATA_BYTES })).toString('utf8'));
    return typeof dataset === 'object' && dataset !== null ? dataset : undefined;
  } catch {
    return undefined;
  }
}

function attributes({ attributes = '{}' }: Row): object {
  try {
    const read: unknown = JSON.parse(attributes);
    return typeof read === 'object' && read !== null ? read : {};
  } catch {
    return {};
  }
}
