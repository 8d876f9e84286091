/** The pair of FIFO queues of an algorithm: first the dead letters, then the requests that fall into them. */

import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListQueueTagsCommand,
  type QueueAttributeName,
  QueueDeletedRecently,
  SetQueueAttributesCommand,
  TagQueueCommand,
} from '@aws-sdk/client-sqs';
import { LIMITS } from '@mip/registry/limits';
import { readEach } from '../aws/batches.ts';
import type { Aws } from '../aws/clients.ts';
import { findQueueUrl, messagesIn, queueUrl } from '../aws/queues.ts';
import { ownedResources } from '../aws/tags.ts';
import { diffFields } from '../change.ts';
import { type Kind, type Listed, NotYet, type Observed, ownership, tagsOf, type Wanted, want } from './kind.ts';

/** SQS attributes by name; values are strings, as SQS has them. */
export type RequestQueueSpec = Readonly<Record<string, string>>;

/** Seconds that a worker has before a message shows again; it lowers this itself on receipt. */
const VISIBILITY = 900;
const MAX_RECEIVES = 3;
const SECONDS_A_DAY = 86_400;
/** What both queues are, and every other request queue is. */
const FIFO = {
  FifoQueue: 'true',
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'messageGroup',
  FifoThroughputLimit: 'perMessageGroupId',
  MessageRetentionPeriod: String(LIMITS.sqs.retentionSeconds.max),
  SqsManagedSseEnabled: 'true',
  VisibilityTimeout: String(VISIBILITY),
};

export const requestQueue: Kind<RequestQueueSpec> = {
  name: 'request-queue',
  permissions: {
    read: ['tag:GetResources', 'sqs:GetQueueUrl', 'sqs:GetQueueAttributes', 'sqs:ListQueueTags'],
    write: ['sqs:CreateQueue', 'sqs:SetQueueAttributes', 'sqs:TagQueue', 'sqs:DeleteQueue'],
  },
  causes: {
    '/VisibilityTimeout': '/queue/visibility_timeout',
    '/RedrivePolicy': '/queue/max_receives',
    '/MessageRetentionPeriod': '/queue/retention_days',
  },

  /** `…-requests-dlq.fifo` sorts before `…-requests.fifo`, which names it in its redrive policy. */
  desire(algorithm, { names }) {
    const deadLetters = names.deadLetterQueue(algorithm.name);
    const { visibility_timeout, max_receives = MAX_RECEIVES, retention_days } = algorithm.queue ?? {};
    const requests = {
      ...FIFO,
      ...(visibility_timeout && { VisibilityTimeout: String(visibility_timeout) }),
      ...(retention_days && { MessageRetentionPeriod: String(retention_days * SECONDS_A_DAY) }),
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: names.queueArn(deadLetters), maxReceiveCount: max_receives }),
    };
    return [
      want('request-queue', algorithm, deadLetters, FIFO),
      want('request-queue', algorithm, names.requestQueue(algorithm.name), requests),
    ];
  },

  async list(aws, { catalogId, names }) {
    const listed = new Map<string, Listed>();
    const suffixes = [names.requestQueue(''), names.deadLetterQueue('')].map((name) => name.slice(name.lastIndexOf('-requests')));
    for await (const { arn, tags } of ownedResources(aws.tagging, catalogId, 'sqs')) {
      const name = arn.slice(arn.lastIndexOf(':') + 1);
      if (suffixes.some((suffix) => name.endsWith(suffix))) listed.set(name, ownership(tags));
    }
    return listed;
  },

  async inspect(aws, _owner, subjects) {
    const found = await readEach([...subjects.keys()], (name) => observe(aws, name));
    return new Map(found.flatMap((one) => (one ? [[one.name, one]] : [])));
  },

  diff: diffFields,

  async apply(aws, change, run) {
    if (change.action === 'delete') return remove(aws, change.name);
    const wanted = change.wanted as Wanted<RequestQueueSpec>;
    const tags = tagsOf(wanted, run);
    if (change.action === 'create') return create(aws, wanted, tags);
    const { FifoQueue: _, ...changeable } = wanted.spec;
    const QueueUrl = await queueUrl(aws.sqs, wanted.name);
    await aws.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: changeable }));
    await aws.sqs.send(new TagQueueCommand({ QueueUrl, Tags: tags }));
  },
};

/** The attributes that a spec can have, as SQS reports them. */
const ATTRIBUTES = [...Object.keys(FIFO), 'RedrivePolicy'] as QueueAttributeName[];

async function observe(aws: Aws, name: string): Promise<Observed<RequestQueueSpec> | undefined> {
  const QueueUrl = await findQueueUrl(aws.sqs, name);
  if (!QueueUrl) return undefined;
  const [{ Attributes = {} }, { Tags = {} }] = await Promise.all([
    aws.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ATTRIBUTES })),
    aws.sqs.send(new ListQueueTagsCommand({ QueueUrl })),
  ]);
  const spec = Object.fromEntries(
    ATTRIBUTES.flatMap((key) => (Attributes[key] === undefined ? [] : [[key, normal(key, Attributes[key])]])),
  );
  return { name, ...ownership(Tags), spec };
}

/** SQS gives a redrive policy back with its own spacing and may turn the number into a string. */
function normal(key: string, value: string): string {
  if (key !== 'RedrivePolicy') return value;
  const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(value) as Record<string, unknown>;
  return JSON.stringify({ deadLetterTargetArn, maxReceiveCount: Number(maxReceiveCount) });
}

async function create(aws: Aws, { name, spec }: Wanted<RequestQueueSpec>, tags: Record<string, string>): Promise<void> {
  try {
    await aws.sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: spec, tags }));
  } catch (error) {
    if (error instanceof QueueDeletedRecently)
      throw new NotYet(`SQS refuses the name ${name} for ${LIMITS.sqs.nameReuseSeconds} seconds after its deletion`);
    throw error;
  }
}

async function remove(aws: Aws, name: string): Promise<void> {
  const messages = await messagesIn(aws.sqs, name);
  if (messages > 0) throw new NotYet(`${name} still holds ${messages} ${messages === 1 ? 'message' : 'messages'}`);
  const QueueUrl = await findQueueUrl(aws.sqs, name);
  if (QueueUrl) await aws.sqs.send(new DeleteQueueCommand({ QueueUrl }));
}
