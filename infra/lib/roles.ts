/** The two roles of every task: the one that starts it, and the one it works with. Both grant by name; neither has a wildcard action. */

import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { Buckets } from './buckets.ts';
import type { Place } from './platform.ts';
import type { Tables } from './tables.ts';

/** The request queues of all algorithms of a platform: reconcile makes them later, so they are granted by the shape of their name. */
export function requestQueues(scope: Construct, { names }: Place): string {
  return Stack.of(scope).formatArn({ service: 'sqs', resource: names.requestQueue('*') });
}

/** For ECS: pull the image, write the log, read the images key. */
export function addExecutionRole(scope: Construct, place: Place, parts: { logGroup: LogGroup; imagesKey: Secret }): Role {
  const role = taskRole(scope, 'ExecutionRole', place, place.names.executionRole);
  const repositories = Stack.of(scope).formatArn({ service: 'ecr', resource: 'repository', resourceName: place.names.repository('*') });
  grant(role, ['ecr:GetAuthorizationToken'], ['*']); // has no resource to name
  grant(role, ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], [repositories]);
  grant(role, ['logs:CreateLogStream', 'logs:PutLogEvents'], [`${parts.logGroup.logGroupArn}`]);
  grant(role, ['secretsmanager:GetSecretValue'], [parts.imagesKey.secretArn]);
  return role;
}

/** For the worker: take requests, keep the job's record, read images, write results. */
export function addTaskRole(scope: Construct, place: Place, parts: { tables: Tables; buckets: Buckets }): Role {
  const { tables, buckets } = parts;
  const role = taskRole(scope, 'TaskRole', place, place.names.taskRole);
  grant(
    role,
    ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
    [requestQueues(scope, place)],
  );
  grant(role, ['dynamodb:GetItem', 'dynamodb:UpdateItem'], [tables.jobs.tableArn]);
  grant(role, ['s3:GetObject'], [buckets.images.arnForObjects('*')]);
  grant(role, ['s3:ListBucket'], [buckets.images.bucketArn]);
  grant(role, ['s3:GetObject', 's3:PutObject'], [buckets.results.arnForObjects('*')]);
  return role;
}

function taskRole(scope: Construct, id: string, { names }: Place, roleName: string): Role {
  return new Role(scope, id, { roleName, path: names.rolePath, assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
}

/** One statement, said in full. */
export function grant(role: Role, actions: string[], resources: string[]): void {
  role.addToPolicy(new PolicyStatement({ actions, resources }));
}
