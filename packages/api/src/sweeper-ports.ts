/** What the sweeper and redrive work on, on AWS. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { ECSClient } from '@aws-sdk/client-ecs';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { JobTable, type NameScope, physicalNames, Registry } from '@mip/registry';
import { DeadLetters } from './dead-letters.ts';
import { tellWaker } from './middleware/log.ts';
import type { RedrivePorts } from './redrive.ts';
import { sqsEvents } from './sqs-events.ts';
import { sqsRequests } from './sqs-requests.ts';
import type { SweeperPorts } from './sweeper.ts';
import { EcsWaker } from './waker.ts';

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
  const dynamodb = new DynamoDBClient(config);
  const now = () => new Date();
  const registry = new Registry(DynamoDBDocumentClient.from(dynamodb), names.table('algorithms'));
  const waker = new EcsWaker({ dynamodb, ecs: new ECSClient(config), registry, names, now, onFault: tellWaker });
  return {
    jobs: new JobTable(dynamodb, names.table('jobs')),
    letters: new DeadLetters(sqs),
    requests: sqsRequests(sqs, waker),
    events: sqsEvents(sqs, names.resultsQueue),
    waker,
    names,
    now,
  };
}
