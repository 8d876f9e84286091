/** What the notifier works on, on AWS. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { JobTable, type NameScope, physicalNames, validSecrets } from '@mip/registry';
import type { DestinationStream } from 'pino';
import { type PostOptions, post } from './callbacks/post.ts';
import { readCallbackSecret } from './callbacks/secret-store.ts';
import { createLogger } from './middleware/log.ts';
import type { Connections } from './notifier.ts';
import type { NotifierParts } from './notifier-lambda.ts';
import { PATIENCE } from './patience.ts';
import { urlOf } from './sqs-events.ts';

export interface NotifierOptions extends PostOptions {
  readonly connections: Connections;
  /** Where AWS is not found by the SDK's own means, as in a test. */
  readonly connection?: Pick<DynamoDBClientConfig, 'endpoint' | 'credentials'>;
  /** Where the log goes; standard output by default. */
  readonly log?: DestinationStream;
}

export function notifierParts(scope: NameScope, { connections, connection = {}, log, ...posting }: NotifierOptions): NotifierParts {
  const names = physicalNames(scope);
  const config = { ...connection, region: scope.region, ...PATIENCE };
  const jobs = new JobTable(new DynamoDBClient(config), names.table('jobs'));
  const sqs = new SQSClient(config);
  const secrets = new SecretsManagerClient(config);
  const callbacksUrl = urlOf(sqs, names.callbacksQueue);
  const eventsUrl = urlOf(sqs, names.resultsQueue);
  const isCallback = (arn: string) => arn === names.queueArn(names.callbacksQueue);
  const now = () => new Date();
  const logger = createLogger('info', log);
  return {
    notifier: {
      jobs,
      connections,
      callbacks: {
        queue: async (event) => {
          await sqs.send(new SendMessageCommand({ QueueUrl: await callbacksUrl(), MessageBody: JSON.stringify(event) }));
        },
      },
      onPushFault: (fault) => logger.error({ err: fault }, 'an event could not be pushed to the connections of its client'),
    },
    callbacks: {
      jobs,
      now,
      // Asked for each time: one that was made or changed a moment ago holds at once, and there are few callbacks in a second.
      secrets: async (clientId) => {
        const secret = await readCallbackSecret(secrets, names.callbackSecret(clientId));
        return secret ? validSecrets(secret, now()) : [];
      },
      post: (url, letter) => post(url, letter, posting),
    },
    hide: async ({ eventSourceARN, receiptHandle: ReceiptHandle }, VisibilityTimeout) => {
      const QueueUrl = await (isCallback(eventSourceARN) ? callbacksUrl() : eventsUrl());
      await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
    },
    isCallback,
    log: logger,
  };
}
