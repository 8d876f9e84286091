/** Tables of a test on an emulator. */
import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** A global secondary index of a table. */
export interface Index {
  readonly name: string;
  readonly key: string;
  readonly sortKey: string;
  /** What it holds of a row; all of it unless told. */
  readonly projection?: 'ALL' | 'KEYS_ONLY';
}

/** The index of the table `jobs` in which the open ones are found. */
export const BY_OPEN_STATE: Index = { name: 'by-open-state', key: 'open_state', sortKey: 'updated_at' };

/** A table whose keys are texts. @param sortKey of a table that has one */
export async function createTable(
  client: DynamoDBClient,
  TableName: string,
  key: string,
  sortKey?: string,
  indexes: readonly Index[] = [],
): Promise<void> {
  const attributes = new Set([key, ...(sortKey ? [sortKey] : []), ...indexes.flatMap((index) => [index.key, index.sortKey])]);
  const GlobalSecondaryIndexes = indexes.map((index) => ({
    IndexName: index.name,
    KeySchema: keySchema(index.key, index.sortKey),
    Projection: { ProjectionType: index.projection ?? 'ALL' },
  }));
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [...attributes].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: keySchema(key, sortKey),
      ...(indexes.length > 0 && { GlobalSecondaryIndexes }), // DynamoDB refuses an empty list
    }),
  );
}

function keySchema(key: string, sortKey?: string) {
  const hash = { AttributeName: key, KeyType: 'HASH' as const };
  return sortKey ? [hash, { AttributeName: sortKey, KeyType: 'RANGE' as const }] : [hash];
}
