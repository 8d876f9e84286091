/** The notifier: the queue of what happened to jobs, the queue of callbacks that are to be made, and the Lambda of both. */

import { join } from 'node:path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { addLambda } from './lambda.ts';
import { callbacksEnvironment, type Place, scopeEnvironment } from './platform.ts';
import { grant } from './roles.ts';
import type { Tables } from './tables.ts';
import type { WebSocket } from './websocket.ts';

/** A batch of callbacks is made side by side, each in 10 s at most. */
const TIMEOUT = Duration.seconds(60);
/** AWS asks for six times the timeout; whoever fails in an orderly way says earlier when the message is to come back. */
const VISIBILITY = Duration.seconds(6 * 60);
const KEPT = Duration.days(14);
/** Some minutes of trying; then the sweeper sends the event of an end again, every ten. */
const TRIES_OF_AN_EVENT = 10;
/** `MOST_TRIES` of the API's schedule: a day, ever later. */
export const TRIES_OF_A_CALLBACK = 13;

export interface NotifierParts {
  readonly tables: Tables;
  /** The folder of the Lambdas' entry points. */
  readonly lambdas: string;
  readonly websocket: WebSocket;
}

export function addNotifier(scope: Construct, place: Place, { tables, lambdas, websocket }: NotifierParts): void {
  const { names } = place;
  const { lambda, role } = addLambda(scope, 'Notifier', place, {
    entry: join(lambdas, 'notifier.ts'),
    functionName: names.notifierFunction,
    logGroupName: names.logGroup.notifier,
    memory: 256,
    timeout: TIMEOUT,
    environment: {
      ...scopeEnvironment(place),
      MIP_CONNECTIONS_URL: websocket.connectionsUrl,
      ...callbacksEnvironment(place),
    },
  });
  const results = addResultsQueue(scope, place);
  const callbacks = addCallbacksQueue(scope, place);
  const secrets = Stack.of(scope).formatArn({
    service: 'secretsmanager',
    resource: `secret:${names.callbackSecret('*')}`,
  });
  grant(role, ['dynamodb:GetItem', 'dynamodb:UpdateItem'], [tables.jobs.tableArn]);
  grant(role, ['secretsmanager:GetSecretValue'], [secrets]);
  grant(role, ['sqs:SendMessage'], [callbacks.queueArn]);
  websocket.grantPush(role);
  // Each brings the right to take messages from its queue.
  lambda.addEventSource(new SqsEventSource(results, { batchSize: 10, reportBatchItemFailures: true }));
  lambda.addEventSource(new SqsEventSource(callbacks, { batchSize: 10, reportBatchItemFailures: true }));
}

/** A group for each job: its events come in order, and those of one job wait for no other's. */
function addResultsQueue(scope: Construct, { names }: Place): Queue {
  const fifo = {
    fifo: true,
    deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
    fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    ...KEPT_SAFE,
  };
  const dead = new Queue(scope, 'ResultsDeadLetters', { ...fifo, queueName: names.resultsDeadLetters });
  return new Queue(scope, 'ResultsQueue', {
    ...fifo,
    queueName: names.resultsQueue,
    visibilityTimeout: VISIBILITY,
    deadLetterQueue: { queue: dead, maxReceiveCount: TRIES_OF_AN_EVENT },
  });
}

function addCallbacksQueue(scope: Construct, { names }: Place): Queue {
  const dead = new Queue(scope, 'CallbacksDeadLetters', { ...KEPT_SAFE, queueName: names.callbacksDeadLetters });
  return new Queue(scope, 'CallbacksQueue', {
    ...KEPT_SAFE,
    queueName: names.callbacksQueue,
    visibilityTimeout: VISIBILITY,
    deadLetterQueue: { queue: dead, maxReceiveCount: TRIES_OF_A_CALLBACK },
  });
}

const KEPT_SAFE = {
  encryption: QueueEncryption.SQS_MANAGED,
  enforceSSL: true,
  retentionPeriod: KEPT,
  removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
};
