/** The table `mip-jobs` on an emulator. */
import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { createTable } from '../../../../tests/tables.ts';
import type { JobRecord } from '../generated/job-record.ts';

/** A table as the platform has it, with these jobs. */
export async function fillJobsTable(client: DynamoDBClient, TableName: string, jobs: readonly JobRecord[]): Promise<void> {
  const byAlgorithm = { name: 'by-algorithm', key: 'algorithm', sortKey: 'accepted_at' };
  await createTable(client, TableName, 'client_id', 'job_id', [byAlgorithm]);
  for (let at = 0; at < jobs.length; at += 25) {
    const puts = jobs.slice(at, at + 25).map((one) => ({ PutRequest: { Item: marshall(one, { removeUndefinedValues: true }) } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: puts } }));
  }
}
