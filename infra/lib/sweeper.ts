/** The sweeper: a Lambda that puts right every few minutes what died between two writes of a job. */

import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import { addLambda } from './lambda.ts';
import { type Place, scopeEnvironment } from './platform.ts';
import { wakerRights } from './reconcile-rights.ts';
import { allow, grant, requestQueues, tellRights } from './roles.ts';
import type { Tables } from './tables.ts';

const EVERY = Duration.minutes(2);

export function addSweeper(scope: Construct, place: Place, { tables, lambdas }: { tables: Tables; lambdas: string }): void {
  const { names } = place;
  const { lambda, role } = addLambda(scope, 'Sweeper', place, {
    entry: join(lambdas, 'sweeper.ts'),
    functionName: names.sweeperFunction,
    logGroupName: names.logGroup.sweeper,
    memory: 256,
    timeout: Duration.minutes(1),
    environment: scopeEnvironment(place),
  });
  grant(role, ['dynamodb:Query'], [`${names.tableArn('jobs')}/index/by-open-state`]);
  grant(role, ['dynamodb:UpdateItem'], [tables.jobs.tableArn]);
  grant(role, ['sqs:GetQueueUrl', 'sqs:GetQueueAttributes', 'sqs:SendMessage'], [requestQueues(scope, place)]);
  // It looks at dead letters and never removes one.
  const look = ['sqs:GetQueueUrl', 'sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility'];
  grant(role, look, [names.queueArn(names.deadLetterQueue('*'))]);
  allow(role, tellRights(place));
  allow(role, wakerRights(place));
  new Rule(scope, 'SweeperSchedule', {
    description: 'Runs the sweeper of jobs',
    schedule: Schedule.rate(EVERY),
    targets: [new LambdaFunction(lambda, { retryAttempts: 0 })],
  });
}
