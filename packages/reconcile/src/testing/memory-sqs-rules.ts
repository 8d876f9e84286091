/** What SQS refuses of a queue's attributes, and how it changes some because of others. */

import { InvalidAttributeName, InvalidAttributeValue, UnsupportedOperation } from '@aws-sdk/client-sqs';
import { LIMITS } from '@mip/registry/limits';
import { refuse } from './world.ts';

/** By SQS's names. */
export type Attributes = Readonly<Record<string, string>>;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html */
const STANDARD: Attributes = {
  DelaySeconds: '0',
  KmsDataKeyReusePeriodSeconds: '300',
  MaximumMessageSize: String(LIMITS.sqs.maximumMessageSize.max),
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'true',
  VisibilityTimeout: '30',
};
const FIFO: Attributes = {
  FifoQueue: 'true',
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'queue',
  FifoThroughputLimit: 'perQueue',
};
const REMOVABLE = ['KmsMasterKeyId', 'Policy', 'RedrivePolicy', 'RedriveAllowPolicy'];
const KNOWN = new Set([...Object.keys(STANDARD), ...Object.keys(FIFO), ...REMOVABLE]);
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  ContentBasedDeduplication: ['true', 'false'],
  DeduplicationScope: ['queue', 'messageGroup'],
  FifoThroughputLimit: ['perQueue', 'perMessageGroupId'],
  SqsManagedSseEnabled: ['true', 'false'],
};
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  DelaySeconds: [0, LIMITS.sqs.delaySeconds],
  KmsDataKeyReusePeriodSeconds: [60, 86_400],
  MaximumMessageSize: [LIMITS.sqs.maximumMessageSize.min, LIMITS.sqs.maximumMessageSize.max],
  MessageRetentionPeriod: [LIMITS.sqs.retentionSeconds.min, LIMITS.sqs.retentionSeconds.max],
  ReceiveMessageWaitTimeSeconds: [0, LIMITS.sqs.waitSeconds],
  VisibilityTimeout: [0, LIMITS.sqs.visibilitySeconds],
};

export function defaultsOf({ FifoQueue }: Attributes): Attributes {
  return FifoQueue === 'true' ? { ...STANDARD, ...FIFO } : STANDARD;
}

/** Nothing removes a document or a key; one kind of encryption takes the place of the other. */
export function put(attributes: Attributes, asked: Attributes): Record<string, string> {
  const result: Record<string, string> = { ...attributes, ...asked };
  for (const key of REMOVABLE) if (result[key] === '') delete result[key];
  if (asked.KmsMasterKeyId && asked.SqsManagedSseEnabled !== 'true') result.SqsManagedSseEnabled = 'false';
  if (asked.SqsManagedSseEnabled === 'true' && !asked.KmsMasterKeyId) delete result.KmsMasterKeyId;
  return result;
}

/** @param attributes as they would be. @param asked what the call sets. */
export function checkAttributes(attributes: Attributes, asked: Attributes): void {
  for (const key of Object.keys(asked)) if (!KNOWN.has(key)) refuse(InvalidAttributeName, `Unknown Attribute ${key}.`);
  for (const key of Object.keys(FIFO))
    if (key in asked && attributes.FifoQueue !== 'true') refuse(InvalidAttributeName, `Unknown Attribute ${key}.`);
  for (const [key, value] of Object.entries(asked)) if (!isValid(key, value)) invalid(key);
  if (asked.KmsMasterKeyId && asked.SqsManagedSseEnabled === 'true')
    refuse(InvalidAttributeValue, 'You can use one type of server-side encryption (SSE) at one time.');
  if (attributes.FifoThroughputLimit === 'perMessageGroupId' && attributes.DeduplicationScope !== 'messageGroup')
    refuse(InvalidAttributeValue, 'FifoThroughputLimit can be perMessageGroupId only when DeduplicationScope is messageGroup.');
}

/** @param arn of the queue whose messages would fall into `target`. */
export function checkRedrive(arn: string, attributes: Attributes, target: Attributes): void {
  if (target.FifoQueue !== attributes.FifoQueue) invalid('RedrivePolicy');
  const { redrivePermission = 'allowAll', sourceQueueArns = [] } = JSON.parse(target.RedriveAllowPolicy ?? '{}');
  if (redrivePermission === 'denyAll' || (redrivePermission === 'byQueue' && !sourceQueueArns.includes(arn)))
    refuse(UnsupportedOperation, `${arn} may not use that queue for its dead letters.`);
}

function isValid(key: string, value: string): boolean {
  const [min, max] = RANGES[key] ?? [];
  if (min !== undefined && max !== undefined) return /^\d+$/.test(value) && Number(value) >= min && Number(value) <= max;
  if (value === '' && REMOVABLE.includes(key)) return true;
  return CHOICES[key]?.includes(value) ?? DOCUMENTS[key]?.(document(key, value)) ?? true;
}

const DOCUMENTS: Readonly<Record<string, (document: Record<string, unknown>) => boolean>> = {
  Policy: ({ Statement }) => [Statement ?? []].flat().length > 0 && [Statement].flat().every((one) => 'Principal' in Object(one)),
  RedrivePolicy: ({ deadLetterTargetArn, maxReceiveCount }) =>
    typeof deadLetterTargetArn === 'string' && Number(maxReceiveCount) >= 1 && Number(maxReceiveCount) <= 1000,
  RedriveAllowPolicy: ({ redrivePermission, sourceQueueArns }) =>
    redrivePermission === 'byQueue'
      ? Array.isArray(sourceQueueArns) && sourceQueueArns.length > 0 && sourceQueueArns.length <= 10
      : (redrivePermission === 'allowAll' || redrivePermission === 'denyAll') && sourceQueueArns === undefined,
};

function document(key: string, text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return invalid(key);
  }
}

function invalid(key: string): never {
  return refuse(InvalidAttributeValue, `Invalid value for the parameter ${key}.`);
}
