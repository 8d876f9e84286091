/** The AWS clients that it takes to set a number of tasks, for what needs no others. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECSClient } from '@aws-sdk/client-ecs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { bucketOf } from '@mip/registry/limits';
import { Calls } from './calls.ts';
import { type Connection, configOf } from './connection.ts';

export interface TaskAws {
  readonly dynamodb: DynamoDBDocumentClient;
  readonly ecs: ECSClient;
  readonly calls: Calls;
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
