/** What the API, a worker and the notifier find around them on an emulator: two tables and three pairs of queues, reached through a proxy. */
import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { writeCallbackSecret } from '@mip/api/callbacks/secret-store';
import { ENTRY, KEY } from '@mip/api/testing/requests';
import { ClientTable, JobTable, type NameScope, nextCallbackSecret, physicalNames, Registry } from '@mip/registry';
import type { TestEmulator } from '../../emulator.ts';
import { BY_OPEN_STATE, createTable } from '../../tables.ts';

export const CLIENT = 'clinic-a';

export interface CallbackPlatform {
  readonly scope: NameScope;
  readonly names: ReturnType<typeof physicalNames>;
  /** Of the emulator itself, which no fault reaches. */
  readonly jobs: JobTable;
  readonly sqs: SQSClient;
  readonly urls: { readonly requests: string; readonly events: string; readonly callbacks: string; readonly deadCallbacks: string };
  readonly secret: string;
}

/** A redelivery comes after a second, and there are as many of them as it takes. */
const QUEUE = { VisibilityTimeout: '1' };
const FIFO = { ...QUEUE, FifoQueue: 'true', DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' };

export async function openPlatform({ connection }: TestEmulator): Promise<CallbackPlatform> {
  const scope = { prefix: `n${randomBytes(4).toString('hex')}`, account: '000000000000', region: 'eu-central-1', platform: 'test' };
  const names = physicalNames(scope);
  const dynamodb = new DynamoDBClient(connection);
  await createTable(dynamodb, names.table('algorithms'), 'algorithm_name');
  await createTable(dynamodb, names.table('clients'), 'key_hash');
  await createTable(dynamodb, names.table('jobs'), 'client_id', 'job_id', [BY_OPEN_STATE]);
  const sqs = new SQSClient(connection);
  const make = async (QueueName: string, Attributes: Record<string, string>) =>
    (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? '';
  const deadCallbacks = await make(names.callbacksDeadLetters, QUEUE);
  const asked = new GetQueueAttributesCommand({ QueueUrl: deadCallbacks, AttributeNames: ['QueueArn'] });
  const deadLetterTargetArn = (await sqs.send(asked)).Attributes?.QueueArn;
  const callbacks = await make(names.callbacksQueue, {
    ...QUEUE,
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 500 }),
  });
  const events = await make(names.resultsQueue, FIFO);
  const requests = await make(names.requestQueue('window-level'), FIFO);
  await make(names.deadLetterQueue('window-level'), FIFO);
  const { created_at: _, updated_at: __, ...row } = { spec_hash: 'x', ...ENTRY, queue_url: requests };
  await new Registry(DynamoDBDocumentClient.from(dynamodb), names.table('algorithms')).publish(row, new Date());
  await new ClientTable(dynamodb, names.table('clients')).register(KEY, CLIENT, new Date(), { signs_callbacks: true });
  const secret = nextCallbackSecret(undefined, new Date());
  await writeCallbackSecret(new SecretsManagerClient(connection), names.callbackSecret(CLIENT), secret);
  const jobs = new JobTable(dynamodb, names.table('jobs'));
  return { scope, names, jobs, sqs, urls: { requests, events, callbacks, deadCallbacks }, secret: secret.current };
}
