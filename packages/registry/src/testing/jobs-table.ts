/** The table `mip-jobs` on an emulator. */
import { BatchWriteItemCommand, CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { JobRecord } from '../generated/job-record.ts';

/** A table as the platform has it, with these jobs. */
export async function fillJobsTable(client: DynamoDBClient, TableName: string, jobs: readonly JobRecord[]): Promise<void> {
  const key = (AttributeName: string, KeyType: 'HASH' | 'RANGE') => ({ AttributeName, KeyType });
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['client_id', 'job_id', 'algorithm', 'accepted_at'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: [key('client_id', 'HASH'), key('job_id', 'RANGE')],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-algorithm',
          KeySchema: [key('algorithm', 'HASH'), key('accepted_at', 'RANGE')],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  );
  for (let at = 0; at < jobs.length; at += 25) {
    const puts = jobs.slice(at, at + 25).map((one) => ({ PutRequest: { Item: marshall(one, { removeUndefinedValues: true }) } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: puts } }));
  }
}
