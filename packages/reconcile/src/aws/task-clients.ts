/** The AWS clients that it takes to set a number of tasks, for what needs no others. */

import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECSClient } from '@aws-sdk/client-ecs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NUMBERS } from '@mip/registry/jobs';
import { bucketOf } from '@mip/registry/limits';
import { Calls } from './calls.ts';
import { type Connection, configOf } from './connection.ts';

export interface TaskAws {
  readonly dynamodb: DynamoDBDocumentClient;
  readonly ecs: ECSClient;
  readonly scaling: ApplicationAutoScalingClient;
  readonly calls: Calls;
}

export function makeTaskAws(connection: Connection): TaskAws {
  const calls = new Calls(bucketOf);
  const config = configOf(connection);
  const dynamodb = calls.watch(new DynamoDBClient(config), 'dynamodb');
  return {
    dynamodb: DynamoDBDocumentClient.from(dynamodb, NUMBERS),
    ecs: calls.watch(new ECSClient(configOf(connection, 'ecs')), 'ecs'),
    scaling: calls.watch(new ApplicationAutoScalingClient(configOf(connection, 'scaling')), 'application-autoscaling'),
    calls,
  };
}
