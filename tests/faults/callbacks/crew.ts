/** Who works on jobs and events here: in this process, and dying at random between any two of its steps. What one left, another finds again. */
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteMessageCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { createNotifier, type NotifierParts } from '@mip/api/notifier-lambda';
import { notifierParts } from '@mip/api/notifier-ports';
import { sqsEvents } from '@mip/api/sqs-events';
import { endOf, type JobMessage, type JobRecord, JobTable, jobEvent } from '@mip/registry';
import type { TestEmulator } from '../../emulator.ts';
import type { CallbackPlatform } from './platform.ts';

export class Died extends Error {}

export interface Crew {
  readonly platform: CallbackPlatform;
  /** With the endpoint of the proxy. */
  readonly connection: Pick<TestEmulator['connection'], 'endpoint' | 'region' | 'credentials'>;
  /** Called between steps: throws where whoever works dies. */
  readonly step: () => void;
}

/** Receives from a queue until it is told to stop; a fault costs the round, never the crew. */
async function untilStopped(crew: Crew, queue: string, signal: AbortSignal, work: (messages: readonly Message[]) => Promise<void>) {
  const sqs = new SQSClient({ ...crew.connection, maxAttempts: 1 });
  const command = {
    QueueUrl: through(crew, queue),
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: 1,
    MessageSystemAttributeNames: ['All' as const],
  };
  while (!signal.aborted) {
    await sqs
      .send(new ReceiveMessageCommand(command))
      .then(({ Messages = [] }) => work(Messages))
      .catch(() => undefined);
  }
}

function through({ connection }: Crew, url: string): string {
  return new URL(new URL(url).pathname, String(connection.endpoint)).href;
}

/** The steps of the Python worker: start → finish → tell → ack, each on the record's conditions. */
export function worker(crew: Crew, signal: AbortSignal): Promise<void> {
  const { names, urls } = crew.platform;
  const dynamodb = new DynamoDBClient({ ...crew.connection, maxAttempts: 1 });
  const sqs = new SQSClient({ ...crew.connection, maxAttempts: 2 });
  const table = {
    document: DynamoDBDocumentClient.from(dynamodb),
    jobs: new JobTable(dynamodb, names.table('jobs')),
    name: names.table('jobs'),
  };
  const events = sqsEvents(sqs, names.resultsQueue);
  return untilStopped(crew, urls.requests, signal, async (messages) => {
    await Promise.allSettled(
      messages.map(async ({ Body = '', ReceiptHandle }) => {
        const job = JSON.parse(Body) as JobMessage;
        const record = await finished(crew, table, job);
        crew.step();
        const type = record && record.open_state === 'untold' ? endOf(record.state) : undefined;
        if (record && type) await events.send(jobEvent(record, type, new Date()));
        crew.step();
        await sqs.send(new DeleteMessageCommand({ QueueUrl: through(crew, urls.requests), ReceiptHandle }));
      }),
    );
  });
}

interface Table {
  readonly document: DynamoDBDocumentClient;
  readonly jobs: JobTable;
  readonly name: string;
}

async function finished(crew: Crew, { document, jobs, name }: Table, { client_id, job_id }: JobMessage): Promise<JobRecord | undefined> {
  const change = async (set: Record<string, unknown>, from: readonly string[]) => {
    const names = Object.fromEntries(Object.keys(set).map((one) => [`#${one}`, one]));
    const values = Object.fromEntries(Object.entries(set).map(([one, value]) => [`:${one}`, value]));
    const states = Object.fromEntries(from.map((state, index) => [`:from${index}`, state]));
    const update = new UpdateCommand({
      TableName: name,
      Key: { client_id, job_id },
      UpdateExpression: `SET ${Object.keys(set).map((one) => `#${one} = :${one}`)}`,
      ConditionExpression: `#state IN (${Object.keys(states)})`,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: { ...values, ...states },
    });
    await document.send(update).catch((error: unknown) => {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    });
  };
  const now = () => new Date().toISOString();
  await change({ state: 'running', open_state: 'running', updated_at: now() }, ['accepted', 'queued', 'running']);
  crew.step();
  const end =
    Number(job_id.split('-').at(-1)) % 3 === 0
      ? { state: 'failed', error: { code: 'internal', message: 'broken' } }
      : { state: 'succeeded', outcome: 'done' };
  await change({ ...end, open_state: 'untold', finished_at: now(), updated_at: now() }, ['queued', 'running']);
  crew.step();
  return jobs.get({ client_id, job_id });
}

/** The Lambda of the notifier with its event source mapping: what it says is done is deleted, the rest comes back. */
export function notifier(crew: Crew, queue: 'events' | 'callbacks', signal: AbortSignal): Promise<void> {
  const { scope, names, urls } = crew.platform;
  const { region: _, ...connection } = crew.connection;
  const allowed = ['127.0.0.1'];
  const whole = notifierParts(scope, {
    connections: { push: async () => crew.step() },
    connection,
    allowed,
    log: { write: () => undefined },
  });
  const handler = createNotifier(dying(whole, crew));
  const sqs = new SQSClient({ ...crew.connection, maxAttempts: 1 });
  const eventSourceARN = names.queueArn(queue === 'events' ? names.resultsQueue : names.callbacksQueue);
  return untilStopped(crew, urls[queue], signal, async (messages) => {
    const Records = messages.map(({ MessageId = '', ReceiptHandle = '', Body = '', Attributes = {} }) => ({
      ...{ messageId: MessageId, receiptHandle: ReceiptHandle, body: Body, eventSourceARN },
      attributes: Attributes as { ApproximateReceiveCount: string; MessageGroupId?: string },
    }));
    const { batchItemFailures } = await handler({ Records });
    crew.step();
    const left = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    const done = Records.filter(({ messageId }) => !left.has(messageId));
    const deleted = done.map(({ receiptHandle }) =>
      sqs.send(new DeleteMessageCommand({ QueueUrl: through(crew, urls[queue]), ReceiptHandle: receiptHandle })),
    );
    await Promise.allSettled(deleted);
  });
}

/** The same with deaths between its steps, and a day that takes seconds: nothing is hidden for longer than the queue hides it. */
function dying(whole: NotifierParts, { step }: Crew): NotifierParts {
  const { jobs, callbacks } = whole.notifier;
  const between = async (work: () => Promise<void>) => {
    step();
    await work();
    step();
  };
  return {
    ...whole,
    notifier: {
      ...whole.notifier,
      jobs: { get: (job) => jobs.get(job), told: (job) => between(() => jobs.told(job)) },
      callbacks: { queue: (event) => between(() => callbacks.queue(event)) },
    },
    callbacks: {
      ...whole.callbacks,
      post: async (url, letter) => {
        step();
        return whole.callbacks.post(url, letter);
      },
    },
    hide: async (record, seconds) => whole.hide(record, Math.min(seconds, 1)),
  };
}
