import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, paginateQuery, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { hashUid } from '@mip/registry/image-keys';
import type { InstanceRow, StudyRow } from './rows.ts';

/** By what the studies of a platform are found. All of them, newest first, without any. */
export type StudyKey =
  | { readonly patient: string }
  | { readonly accession: string }
  /** StudyDate, both included, as YYYYMMDD. */
  | { readonly from?: string; readonly to?: string };

export interface SearchIndexOptions {
  readonly dynamodb: DynamoDBClient;
  readonly table: string;
  /** The text of the platform's images key. */
  readonly secret: string;
}

/** Of a page: what is searched row by row is read ahead no further. */
const PAGE_ROWS = 200;

/** The listing indexes of `mip-images`. They follow the table within a moment: what was just stored may be missing. */
export class SearchIndex {
  readonly #document: DynamoDBDocumentClient;
  readonly #table: string;
  readonly #secret: string;

  constructor({ dynamodb, table, secret }: SearchIndexOptions) {
    this.#document = DynamoDBDocumentClient.from(dynamodb);
    this.#table = table;
    this.#secret = secret;
  }

  /** Newest first, a page at a time. */
  async *studies(key: StudyKey): AsyncGenerator<StudyRow> {
    const pages = paginateQuery(
      { client: this.#document },
      { TableName: this.#table, ScanIndexForward: false, Limit: PAGE_ROWS, ...this.#condition(key) },
    );
    for await (const { Items = [] } of pages) yield* Items as StudyRow[];
  }

  /** The instances of one SOP Instance UID, whatever study they are in. */
  async *instances(uid: string): AsyncGenerator<InstanceRow> {
    const pages = paginateQuery(
      { client: this.#document },
      {
        TableName: this.#table,
        IndexName: 'by-instance',
        KeyConditionExpression: 'instance_hash = :value',
        ExpressionAttributeValues: { ':value': hashUid(this.#secret, 'instance', uid) },
        Limit: 100,
      },
    );
    for await (const { Items = [] } of pages) {
      for (const { study, row } of Items) {
        const { Item } = await this.#document.send(new GetCommand({ TableName: this.#table, Key: { study, row }, ConsistentRead: true }));
        if (Item) yield Item as InstanceRow;
      }
    }
  }

  #condition(key: StudyKey): Pick<QueryCommandInput, 'IndexName' | 'KeyConditionExpression' | 'ExpressionAttributeValues'> {
    if ('patient' in key) return equals('patient', hashUid(this.#secret, 'patient', key.patient));
    if ('accession' in key) return equals('accession', hashUid(this.#secret, 'accession', key.accession));
    const { from = '', to = '99999999' } = key;
    return {
      IndexName: 'by-listing',
      KeyConditionExpression: 'listed = :listed AND sorted_by BETWEEN :from AND :to',
      // `~` sorts after every hash.
      ExpressionAttributeValues: { ':listed': 'study', ':from': from || '0', ':to': `${to}#~` },
    };
  }
}

function equals(attribute: 'patient' | 'accession', value: string) {
  return {
    IndexName: `by-${attribute}`,
    KeyConditionExpression: `${attribute} = :value`,
    ExpressionAttributeValues: { ':value': value },
  };
}
