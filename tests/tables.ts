/** Tables of a test on an emulator. */
import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** A table whose keys are texts. @param sortKey of a table that has one */
export async function createTable(client: DynamoDBClient, TableName: string, key: string, sortKey?: string): Promise<void> {
  const keys = [
    { AttributeName: key, KeyType: 'HASH' as const },
    ...(sortKey ? [{ AttributeName: sortKey, KeyType: 'RANGE' as const }] : []),
  ];
  const AttributeDefinitions = keys.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' as const }));
  await client.send(new CreateTableCommand({ TableName, BillingMode: 'PAY_PER_REQUEST', AttributeDefinitions, KeySchema: keys }));
}
