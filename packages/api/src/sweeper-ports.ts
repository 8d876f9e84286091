/** What the sweeper and redrive work on, on AWS. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { JobTable, type NameScope, physicalNames } from '@mip/registry';
import { DeadLetters } from './dead-letters.ts';
import type { RedrivePorts } from './redrive.ts';
import { sqsRequests } from './sqs-requests.ts';
import type { SweeperPorts } from './sweeper.ts';

/** Nobody waits for these as for an answer of the API, but a sweep has a minute. */
const PATIENCE = { maxAttempts: 5, requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true } };

/** @param connection where AWS is not found by the SDK's own means, as in a test. */
export function sweeperPorts(
  scope: NameScope,
  connection: Pick<DynamoDBClientConfig, 'endpoint' | 'credentials'> = {},
): SweeperPorts & RedrivePorts {
  const names = physicalNames(scope);
  const config = { ...connection, region: scope.region, ...PATIENCE };
  const sqs = new SQSClient(config);
  return {
    jobs: new JobTable(new DynamoDBClient(config), names.table('jobs')),
    letters: new DeadLetters(sqs),
    requests: sqsRequests(sqs),
    names,
    now: () => new Date(),
  };
}
