/** The role that starts every task. It grants by name, without a wildcard action. */

import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { repositoryOf } from './image-store-image.ts';
import type { Place } from './platform.ts';
import { type Right, statements } from './rights.ts';
import type { Secrets } from './secrets.ts';

/** The request queues of all algorithms of a platform: reconcile makes them later, so they are granted by the shape of their name. */
export function requestQueues(scope: Construct, { names }: Place): string {
  return Stack.of(scope).formatArn({ service: 'sqs', resource: names.requestQueue('*') });
}

/** To tell what happened to a job. */
export function tellRights({ names }: Place): readonly Right[] {
  return [{ to: ['sqs:GetQueueUrl', 'sqs:SendMessage'], on: [names.queueArn(names.resultsQueue)] }];
}

/** For ECS: pull the image, write the log, read what tasks get as secrets. */
export function addExecutionRole(scope: Construct, place: Place, parts: { logGroups: readonly LogGroup[]; secrets: Secrets }): Role {
  const { imagesKey, workersKey, pacs } = parts.secrets;
  const role = taskRole(scope, 'ExecutionRole', place, place.names.executionRole);
  const own = Stack.of(scope).formatArn({ service: 'ecr', resource: 'repository', resourceName: place.names.repository('*') });
  grant(role, ['ecr:GetAuthorizationToken'], ['*']); // has no resource to name
  grant(role, ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], [own, ...repositoryOf(place)]);
  grant(
    role,
    ['logs:CreateLogStream', 'logs:PutLogEvents'],
    parts.logGroups.map(({ logGroupArn }) => logGroupArn),
  );
  const secrets = [imagesKey, workersKey, ...pacs.values()];
  grant(
    role,
    ['secretsmanager:GetSecretValue'],
    secrets.map(({ secretArn }) => secretArn),
  );
  return role;
}

function taskRole(scope: Construct, id: string, { names }: Place, roleName: string): Role {
  return new Role(scope, id, { roleName, path: names.rolePath, assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
}

/** Statements from a table. */
export function allow(role: Role, rights: readonly Right[]): void {
  for (const statement of statements(rights)) role.addToPolicy(statement);
}

/** One statement, said in full. */
export function grant(role: Role, actions: string[], resources: string[]): void {
  role.addToPolicy(new PolicyStatement({ actions, resources }));
}
