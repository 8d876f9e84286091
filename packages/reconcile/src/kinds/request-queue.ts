/** The FIFO queues of a line: the candidate's where it has cases, the dead letters, then the requests that fall into them. */

import {
  CreateQueueCommand,
  DeleteQueueCommand,
  QueueDeletedRecently,
  SetQueueAttributesCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs';
import { LIMITS } from '@mip/registry/limits';
import { TAGS } from '@mip/registry/names';
import { hasCandidates, lineOf } from '../algorithm.ts';
import { readFound } from '../aws/batches.ts';
import type { Aws } from '../aws/clients.ts';
import { policy } from '../aws/policies.ts';
import { attributesText, findQueue, findQueueUrl, messagesIn, type QueueAttributes, queueUrl } from '../aws/queues.ts';
import { ownedResources } from '../aws/tags.ts';
import { diffFields } from '../change.ts';
import { type Change, type Kind, type Listed, NotYet, type Observed, ownership, type Run, tagsOf, type Wanted, want } from './kind.ts';

/** SQS attributes by name, beside what the queue's tags say. */
export type RequestQueueSpec = QueueAttributes & {
  /** Which class of task role may read the queue, where roles are shared. */
  readonly roleClass?: string;
  /** True while no algorithm wants the queue, which then only waits to be empty. */
  readonly withdrawn: boolean;
};

/** Seconds that a worker has before a message shows again; it lowers this itself on receipt. */
const VISIBILITY = 900;
const MAX_RECEIVES = 3;
const SECONDS_A_DAY = 86_400;
/** For as long as a run may wait for a candidate: what is left of one that was killed goes by itself. */
const CANDIDATE_RETENTION = 3600;
/** What all queues are, and every other request queue is. */
const FIFO = {
  FifoQueue: 'true',
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'messageGroup',
  FifoThroughputLimit: 'perMessageGroupId',
  DelaySeconds: '0',
  MaximumMessageSize: String(LIMITS.sqs.messageBytes),
  MessageRetentionPeriod: String(LIMITS.sqs.retentionSeconds.max),
  ReceiveMessageWaitTimeSeconds: '0', // a worker says how long it waits
  SqsManagedSseEnabled: 'true',
  VisibilityTimeout: String(VISIBILITY),
};

export const requestQueue: Kind<RequestQueueSpec> = {
  name: 'request-queue',
  perVersion: true,
  permissions: {
    read: ['tag:GetResources', 'sqs:GetQueueUrl', 'sqs:GetQueueAttributes', 'sqs:ListQueueTags'],
    write: ['sqs:CreateQueue', 'sqs:SetQueueAttributes', 'sqs:TagQueue', 'sqs:UntagQueue', 'sqs:DeleteQueue'],
  },
  causes: {
    '/VisibilityTimeout': '/queue/visibility_timeout',
    '/RedrivePolicy': '/queue/max_receives',
    '/MessageRetentionPeriod': '/queue/retention_days',
    '/roleClass': '/role_class',
  },

  /** `…-candidate.fifo` and `…-requests-dlq.fifo` sort before `…-requests.fifo`, which names the latter in its redrive policy. */
  desire(algorithm, { names, taskRoles, defaultRoleClass }) {
    const deadLetters = names.deadLetterQueue(lineOf(algorithm));
    const requests = names.requestQueue(lineOf(algorithm));
    const { visibility_timeout, max_receives = MAX_RECEIVES, retention_days } = algorithm.queue ?? {};
    const tagged = { withdrawn: false, ...(taskRoles === 'class' && { roleClass: algorithm.role_class ?? defaultRoleClass }) };
    const ofDeadLetters = {
      ...FIFO,
      ...tagged,
      Policy: tlsOnly(names.queueArn(deadLetters)),
      RedriveAllowPolicy: { redrivePermission: 'byQueue', sourceQueueArns: [names.queueArn(requests)] },
    };
    const ofRequests = {
      ...FIFO,
      ...tagged,
      ...(visibility_timeout && { VisibilityTimeout: String(visibility_timeout) }),
      ...(retention_days && { MessageRetentionPeriod: String(retention_days * SECONDS_A_DAY) }),
      Policy: tlsOnly(names.queueArn(requests)),
      RedrivePolicy: { deadLetterTargetArn: names.queueArn(deadLetters), maxReceiveCount: max_receives },
    };
    const candidate = names.candidateQueue(lineOf(algorithm));
    const ofCandidate = {
      ...FIFO,
      ...tagged,
      MessageRetentionPeriod: String(CANDIDATE_RETENTION),
      Policy: tlsOnly(names.queueArn(candidate)),
    };
    return [
      ...(hasCandidates(algorithm) ? [want('request-queue', algorithm, candidate, ofCandidate)] : []),
      want('request-queue', algorithm, deadLetters, ofDeadLetters),
      want('request-queue', algorithm, requests, ofRequests),
    ];
  },

  /** The hash on a withdrawn queue is not believed, so that an algorithm that comes back finds it. */
  async list(aws, { catalogId, names }) {
    const listed = new Map<string, Listed>();
    const suffixes = [names.requestQueue, names.deadLetterQueue, names.candidateQueue].map((nameOf) =>
      nameOf('').slice(nameOf('').lastIndexOf('--') + 1),
    );
    for await (const { arn, tags } of ownedResources(aws.tagging, catalogId, 'sqs')) {
      const name = arn.slice(arn.lastIndexOf(':') + 1);
      if (!suffixes.some((suffix) => name.endsWith(suffix))) continue;
      const { specHash, ...rest } = ownership(tags);
      listed.set(name, { ...rest, specHash: rest.withdrawn === undefined ? specHash : undefined });
    }
    return listed;
  },

  async inspect(aws, _owner, subjects) {
    return readFound(subjects.keys(), (name) => observe(aws, name));
  },

  diff: diffFields,

  refuse({ name, spec }, { spec: observed }) {
    return observed.FifoQueue === spec.FifoQueue ? undefined : `queue ${name} is no FIFO queue, and none can be made one`;
  },

  async apply(aws, change, run) {
    if (change.action === 'delete') return remove(aws, change, run);
    const wanted = change.wanted as Wanted<RequestQueueSpec>;
    const { withdrawn: _, roleClass, ...attributes } = wanted.spec;
    const tags = { ...tagsOf(wanted, run), ...(roleClass && { [TAGS.roleClass]: roleClass }) };
    if (change.action === 'create') return create(aws, wanted.name, attributes, tags);
    await update(aws, change, attributes, tags);
  },
};

/** Without TLS nobody may do anything. */
function tlsOnly(arn: string): unknown {
  const Condition = { Bool: { 'aws:SecureTransport': 'false' } };
  return policy({ TlsOnly: { Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: arn, Condition } });
}

async function observe(aws: Aws, name: string): Promise<Observed<RequestQueueSpec> | undefined> {
  const queue = await findQueue(aws.sqs, name);
  if (!queue) return undefined;
  const { attributes, tags } = queue;
  const roleClass = tags[TAGS.roleClass];
  const spec = { ...attributes, withdrawn: TAGS.withdrawn in tags, ...(roleClass !== undefined && { roleClass }) };
  return { name, ...ownership(tags), spec };
}

async function create(aws: Aws, name: string, attributes: QueueAttributes, tags: Record<string, string>): Promise<void> {
  try {
    await aws.sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributesText(attributes), tags }));
  } catch (error) {
    if (error instanceof QueueDeletedRecently)
      throw new NotYet(`SQS refuses the name ${name} for ${LIMITS.sqs.nameReuseSeconds} seconds after its deletion`);
    throw error;
  }
}

/** What somebody set beyond what is wanted goes by setting it to nothing. */
async function update(aws: Aws, change: Change<RequestQueueSpec>, wanted: QueueAttributes, tags: Record<string, string>): Promise<void> {
  const { withdrawn, roleClass, ...observed } = change.observed?.spec ?? { withdrawn: false };
  const { FifoQueue: _, ...changeable } = { ...mapToNothing(observed), ...wanted };
  const QueueUrl = await queueUrl(aws.sqs, change.name);
  await aws.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: attributesText(changeable) }));
  if (roleClass !== undefined && !(TAGS.roleClass in tags))
    await aws.sqs.send(new UntagQueueCommand({ QueueUrl, TagKeys: [TAGS.roleClass] }));
  await aws.sqs.send(new TagQueueCommand({ QueueUrl, Tags: tags }));
  if (withdrawn) await aws.sqs.send(new UntagQueueCommand({ QueueUrl, TagKeys: [TAGS.withdrawn] })); // last: from here on the hash is believed
}

function mapToNothing(attributes: QueueAttributes): Record<string, string> {
  return Object.fromEntries(Object.keys(attributes).map((key) => [key, '']));
}

/**
 * SQS's counts settle only a minute after the last message was sent. The service goes first and waits that long after its row went,
 * so that here they can be believed.
 */
async function remove(aws: Aws, { name, observed }: Change<RequestQueueSpec>, run: Run): Promise<void> {
  const messages = await messagesIn(aws.sqs, name);
  const QueueUrl = await findQueueUrl(aws.sqs, name);
  if (!QueueUrl) return;
  if (messages === 0) {
    await aws.sqs.send(new DeleteQueueCommand({ QueueUrl }));
    return;
  }
  if (!observed?.spec.withdrawn) await aws.sqs.send(new TagQueueCommand({ QueueUrl, Tags: { [TAGS.withdrawn]: run.now().toISOString() } }));
  throw new NotYet(`${name} still holds ${leftWords(run.names.isDeadLetterQueue(name), messages)}`);
}

function leftWords(dead: boolean, count: number): string {
  const what = dead ? 'dead letter' : 'message';
  const advice = dead ? ': look at what went wrong, then purge it, or put the algorithm back into the catalog' : '';
  return `${count} ${what}${count === 1 ? '' : 's'}${advice}`;
}
