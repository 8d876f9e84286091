import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { hashUid } from '@mip/registry/image-keys';
import type { InstanceUids } from './header.ts';
import type { InstanceRow, SeriesRow, StudyRow } from './rows.ts';

export interface ImageIndexOptions {
  readonly dynamodb: DynamoDBClient;
  readonly table: string;
  /** The text of the platform's images key. */
  readonly secret: string;
}

/** The table `mip-images` (rows.ts), by UIDs. Reads are consistent: what was stored is found. */
export class ImageIndex {
  readonly #document: DynamoDBDocumentClient;
  readonly #table: string;
  readonly #secret: string;

  constructor({ dynamodb, table, secret }: ImageIndexOptions) {
    this.#document = DynamoDBDocumentClient.from(dynamodb, { marshallOptions: { removeUndefinedValues: true } });
    this.#table = table;
    this.#secret = secret;
  }

  study(study: string): Promise<StudyRow | undefined> {
    return this.#get<StudyRow>(study, 'study');
  }

  series(study: string, series: string): Promise<SeriesRow | undefined> {
    return this.#get<SeriesRow>(study, `series/${hashUid(this.#secret, 'series', series)}`);
  }

  instance(uids: InstanceUids): Promise<InstanceRow | undefined> {
    const hashes = `${hashUid(this.#secret, 'series', uids.series)}/${hashUid(this.#secret, 'instance', uids.instance)}`;
    return this.#get<InstanceRow>(uids.study, `instance/${hashes}`);
  }

  /** Every instance of a study, or of one of its series, a page at a time: in no order that means anything. */
  instancesOf(study: string, series?: string): AsyncGenerator<InstanceRow> {
    return this.#rows<InstanceRow>(study, series === undefined ? 'instance/' : `instance/${hashUid(this.#secret, 'series', series)}/`);
  }

  /** Every series of a study. */
  seriesOf(study: string): AsyncGenerator<SeriesRow> {
    return this.#rows<SeriesRow>(study, 'series/');
  }

  async #get<Row>(study: string, row: string): Promise<Row | undefined> {
    const Key = { study: hashUid(this.#secret, 'study', study), row };
    const { Item } = await this.#document.send(new GetCommand({ TableName: this.#table, Key, ConsistentRead: true }));
    return Item as Row | undefined;
  }

  async *#rows<Row>(study: string, prefix: string): AsyncGenerator<Row> {
    const pages = paginateQuery(
      { client: this.#document },
      {
        TableName: this.#table,
        KeyConditionExpression: 'study = :study AND begins_with(#row, :prefix)',
        ExpressionAttributeNames: { '#row': 'row' },
        ExpressionAttributeValues: { ':study': hashUid(this.#secret, 'study', study), ':prefix': prefix },
        ConsistentRead: true,
      },
    );
    for await (const { Items = [] } of pages) yield* Items as Row[];
  }
}
