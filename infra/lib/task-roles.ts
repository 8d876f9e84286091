/**
 * What tasks may do. Reconcile makes a role for each algorithm; here is the boundary that none of them reaches beyond, and the roles that
 * algorithms share by class where one each would be more than AWS allows an account.
 */

import { TAGS } from '@mip/registry/names';
import { type Conditions, ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { type Place, roleClasses } from './platform.ts';
import { policyOf, type Right, statements } from './rights.ts';

/** For all algorithms at once, by the shape of their names. @param queues narrows which of the queues. */
function taskRights({ names }: Place, queues?: Conditions): readonly Right[] {
  const [requests, deadLetters, candidates] = [names.requestQueue, names.deadLetterQueue, names.candidateQueue].map((nameOf) =>
    names.queueArn(nameOf('*')),
  ) as [string, string, string];
  const results = [names.resultPrefix('*'), names.quarantinePrefix('*')].map((prefix) => `${names.bucketArn('results')}/${prefix}*`);
  const take = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'];
  const when = queues && { when: queues };
  return [
    { to: take, on: [requests, candidates], ...when },
    { to: ['sqs:SendMessage'], on: [requests, deadLetters, candidates], ...when },
    { to: ['sqs:SendMessage'], on: [names.queueArn(names.resultsQueue)] },
    { to: ['dynamodb:GetItem', 'dynamodb:UpdateItem'], on: [names.tableArn('jobs')] },
    { to: ['dynamodb:Query'], on: [names.tableArn('images')] },
    { to: ['s3:GetObject'], on: [`${names.bucketArn('images')}/*`] },
    { to: ['s3:GetObject', 's3:PutObject'], on: results },
  ];
}

/** The tasks of this account and region, and no other's by way of ECS. */
export function tasksOf({ names }: Place): ServicePrincipal {
  return new ServicePrincipal('ecs-tasks.amazonaws.com', {
    conditions: { StringEquals: { 'aws:SourceAccount': names.account }, ArnLike: { 'aws:SourceArn': names.ecsArns } },
  });
}

export function addTaskBoundary(scope: Construct, place: Place): ManagedPolicy {
  return new ManagedPolicy(scope, 'TaskBoundary', {
    managedPolicyName: place.names.taskBoundary,
    path: place.names.rolePath,
    description: 'The outermost that any task of the platform may do',
    statements: statements(taskRights(place)),
  });
}

/** A class reads the queues that carry its tag. Results know no tags: within a class each algorithm can write the prefix of every other. */
export function addClassRoles(scope: Construct, place: Place, boundary: ManagedPolicy): void {
  const { names } = place;
  for (const roleClass of roleClasses(place)) {
    const queues = { StringEquals: { [`aws:ResourceTag/${TAGS.roleClass}`]: roleClass } };
    new Role(scope, `ClassRole-${roleClass}`, {
      roleName: names.classRole(roleClass),
      path: names.rolePath,
      description: `What the tasks of the class ${roleClass} may do`,
      permissionsBoundary: boundary,
      assumedBy: tasksOf(place),
      inlinePolicies: { task: policyOf(taskRights(place, queues)) },
    });
  }
}
