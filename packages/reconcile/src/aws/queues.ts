/** Queues by name: their URL, their attributes, and how much is in them. */

import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueueTagsCommand,
  type QueueAttributeName,
  QueueDoesNotExist,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { type PolicyDocument, policyText, readPolicy } from './policies.ts';

type Sqs = Pick<SQSClient, 'send'>;

/** By SQS's names: strings, and the documents among them as objects. */
export type QueueAttributes = Readonly<Record<string, unknown>>;

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

/** Every attribute of a queue that can be set and is, and its tags; undefined where there is no such queue. */
export async function findQueue(
  sqs: Sqs,
  name: string,
): Promise<{ attributes: QueueAttributes; tags: Record<string, string> } | undefined> {
  const QueueUrl = await findQueueUrl(sqs, name);
  if (!QueueUrl) return undefined;
  const [{ Attributes = {} }, { Tags = {} }] = await Promise.all([
    sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] })),
    sqs.send(new ListQueueTagsCommand({ QueueUrl })),
  ]);
  return { attributes: readAttributes(Attributes), tags: Tags };
}

/** Messages waiting, delayed or in flight, as far as SQS knows at this moment; 0 where there is no such queue. */
export async function messagesIn(sqs: Sqs, name: string): Promise<number> {
  const depth = await depthOf(sqs, name);
  return depth ? depth.waiting + depth.in_flight : 0;
}

/** As far as SQS knows at this moment. */
export interface QueueDepth {
  /** Delayed ones too. */
  readonly waiting: number;
  readonly in_flight: number;
}

/** How much is in a queue; undefined where there is no such queue. */
export async function depthOf(sqs: Sqs, name: string): Promise<QueueDepth | undefined> {
  const url = await findQueueUrl(sqs, name);
  if (!url) return undefined;
  const { Attributes: seen = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: DEPTH }));
  const count = (attribute: QueueAttributeName) => Number(seen[attribute] ?? 0);
  const waiting = count('ApproximateNumberOfMessages') + count('ApproximateNumberOfMessagesDelayed');
  return { waiting, in_flight: count('ApproximateNumberOfMessagesNotVisible') };
}

/** As SQS takes them. */
export function attributesText(attributes: QueueAttributes): Record<string, string> {
  const text = (key: string, value: unknown) => (key === 'Policy' ? policyText(value as PolicyDocument) : JSON.stringify(value));
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, typeof value === 'string' ? value : text(key, value)]));
}

/** SQS gives documents back with its own spacing, and numbers in them as strings. */
function readAttributes(attributes: Readonly<Record<string, string>>): QueueAttributes {
  const set = Object.entries(attributes).filter(([key, value]) => SETTABLE.has(key) && value !== '');
  return Object.fromEntries(set.map(([key, value]) => [key, READERS[key]?.(value) ?? value]));
}

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  Policy: readPolicy,
  RedrivePolicy: (text) => {
    const { maxReceiveCount, ...rest } = JSON.parse(text) as Record<string, unknown>;
    return { ...rest, maxReceiveCount: Number(maxReceiveCount) };
  },
  RedriveAllowPolicy: (text) => {
    const { sourceQueueArns, ...rest } = JSON.parse(text) as { sourceQueueArns?: string[] };
    return { ...rest, ...(sourceQueueArns && { sourceQueueArns: sourceQueueArns.toSorted() }) };
  },
};

/** All but `KmsDataKeyReusePeriodSeconds`: every queue lists it, and it means nothing without a `KmsMasterKeyId`. */
const SETTABLE: ReadonlySet<string> = new Set<QueueAttributeName>([
  ...(['ContentBasedDeduplication', 'DeduplicationScope', 'FifoQueue', 'FifoThroughputLimit'] as const),
  ...(['DelaySeconds', 'MaximumMessageSize', 'MessageRetentionPeriod', 'ReceiveMessageWaitTimeSeconds', 'VisibilityTimeout'] as const),
  ...(['KmsMasterKeyId', 'SqsManagedSseEnabled', 'Policy', 'RedrivePolicy', 'RedriveAllowPolicy'] as const),
]);

const DEPTH: QueueAttributeName[] = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
];
