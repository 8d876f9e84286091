/** What SQS refuses of a queue's attributes, and how it changes some because of others. Pure. */

import { LIMITS } from '@mip/registry/limits';
import type { Check, Input } from './rejection-rules.ts';

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

/** Every attribute is one that SQS has. */
export const attributesKnown: Check = (input) => unknownAttribute(Object.keys(asked(input)).find((key) => !KNOWN.has(key)));

/** A new queue has the attributes of FIFO queues only where it is one. */
export const attributesOfKind: Check = (input) => otherKind(asked(input), asked(input));

/** Every value is one that its attribute can have. */
export const attributeValues: Check = (input) => {
  const wrong = Object.entries(asked(input)).find(([key, value]) => !isValid(key, String(value)));
  return wrong && `Invalid value for the parameter ${wrong[0]}.`;
};

export const oneEncryption: Check = (input) => {
  const { KmsMasterKeyId, SqsManagedSseEnabled } = asked(input);
  return KmsMasterKeyId && SqsManagedSseEnabled === 'true'
    ? 'You can use one type of server-side encryption (SSE) at one time.'
    : undefined;
};

export const kindFixed: Check = (input) => ('FifoQueue' in asked(input) ? 'FifoQueue cannot be changed.' : undefined);

/** @param attributes of the queue as it would be. @param given what the call sets. */
export function otherKind(attributes: Attributes, given: Attributes): string | undefined {
  return attributes.FifoQueue === 'true'
    ? undefined
    : unknownAttribute(Object.keys(given).find((key) => key in FIFO && key !== 'FifoQueue'));
}

/** @param attributes as they would be. */
export function notTogether({ FifoThroughputLimit, DeduplicationScope }: Attributes): string | undefined {
  return FifoThroughputLimit === 'perMessageGroupId' && DeduplicationScope !== 'messageGroup'
    ? 'FifoThroughputLimit can be perMessageGroupId only when DeduplicationScope is messageGroup.'
    : undefined;
}

/** @param arn of the queue whose messages would fall into `target`. */
export function redriveRefused(arn: string, target: Attributes): string | undefined {
  const { redrivePermission = 'allowAll', sourceQueueArns = [] } = JSON.parse(target.RedriveAllowPolicy ?? '{}');
  return redrivePermission === 'denyAll' || (redrivePermission === 'byQueue' && !sourceQueueArns.includes(arn))
    ? `${arn} may not use that queue for its dead letters.`
    : undefined;
}

function asked({ Attributes = {} }: Input): Attributes {
  return Attributes as Attributes;
}

function unknownAttribute(key: string | undefined): string | undefined {
  return key && `Unknown Attribute ${key}.`;
}

function isValid(key: string, value: string): boolean {
  const [min, max] = RANGES[key] ?? [];
  if (min !== undefined && max !== undefined) return /^\d+$/.test(value) && Number(value) >= min && Number(value) <= max;
  if (value === '' && REMOVABLE.includes(key)) return true;
  return CHOICES[key]?.includes(value) ?? DOCUMENTS[key]?.(document(value)) ?? true;
}

/** By what SQS wants of each; what is no JSON is no document. */
const DOCUMENTS: Readonly<Record<string, (document: Record<string, unknown>) => boolean>> = {
  Policy: ({ Statement }) => [Statement ?? []].flat().length > 0 && [Statement].flat().every((one) => 'Principal' in Object(one)),
  RedrivePolicy: ({ deadLetterTargetArn, maxReceiveCount }) =>
    typeof deadLetterTargetArn === 'string' && Number(maxReceiveCount) >= 1 && Number(maxReceiveCount) <= 1000,
  RedriveAllowPolicy: ({ redrivePermission, sourceQueueArns }) =>
    redrivePermission === 'byQueue'
      ? Array.isArray(sourceQueueArns) && sourceQueueArns.length > 0 && sourceQueueArns.length <= 10
      : (redrivePermission === 'allowAll' || redrivePermission === 'denyAll') && sourceQueueArns === undefined,
};

function document(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
