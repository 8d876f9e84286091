/** The AWS clients that it takes to set a number of tasks, for what needs no others. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECSClient } from '@aws-sdk/client-ecs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { bucketOf } from '@mip/registry/limits';
import { Calls } from './calls.ts';
import type { Connection } from './connection.ts';

export interface TaskAws {
  readonly dynamodb: DynamoDBDocumentClient;
  readonly ecs: ECSClient;
  readonly calls: Calls;
}

/** For every client: throttled calls are tried again at a rate that adapts to what the service takes, and one without an answer is given up. */
export function configOf({ answerWithinMs = 30_000, ...connection }: Connection) {
  const requestHandler = { connectionTimeout: 5000, requestTimeout: answerWithinMs, throwOnRequestTimeout: true };
  return { ...connection, requestHandler, retryMode: 'adaptive', maxAttempts: 8 } as const;
}

export function makeTaskAws(connection: Connection): TaskAws {
  const calls = new Calls(bucketOf);
  const config = configOf(connection);
  const dynamodb = calls.watch(new DynamoDBClient(config), 'dynamodb');
  return {
    dynamodb: DynamoDBDocumentClient.from(dynamodb, { marshallOptions: { removeUndefinedValues: true } }),
    ecs: calls.watch(new ECSClient(config), 'ecs'),
    calls,
  };
}
