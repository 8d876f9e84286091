/** Queues by name: their URL, their attributes, and how much is in them. */

import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type QueueAttributeName,
  QueueDoesNotExist,
  type SQSClient,
} from '@aws-sdk/client-sqs';

type Sqs = Pick<SQSClient, 'send'>;

/** Undefined where there is no such queue. */
export async function findQueueUrl(sqs: Sqs, name: string): Promise<string | undefined> {
  try {
    return (await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl;
  } catch (error) {
    if (error instanceof QueueDoesNotExist) return undefined;
    throw error;
  }
}

/** @throws Error when there is no such queue. */
export async function queueUrl(sqs: Sqs, name: string): Promise<string> {
  const url = await findQueueUrl(sqs, name);
  if (!url) throw new Error(`queue ${name} does not exist`);
  return url;
}

/** Messages waiting, delayed or in flight, as far as SQS knows at this moment; 0 where there is no such queue. */
export async function messagesIn(sqs: Sqs, name: string): Promise<number> {
  const url = await findQueueUrl(sqs, name);
  if (!url) return 0;
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: DEPTH }));
  return DEPTH.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
}

const DEPTH: QueueAttributeName[] = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
];
