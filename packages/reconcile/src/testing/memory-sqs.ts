/** SQS in memory, as strict as AWS about names, attributes, dead letters, and a name again within a minute. */

import {
  type CreateQueueCommandInput,
  type DeleteQueueCommandInput,
  type GetQueueAttributesCommandInput,
  type GetQueueUrlCommandInput,
  InvalidAttributeValue,
  type ListQueueTagsCommandInput,
  QueueDeletedRecently,
  QueueDoesNotExist,
  QueueNameExists,
  type SetQueueAttributesCommandInput,
  type TagQueueCommandInput,
} from '@aws-sdk/client-sqs';
import { LIMITS } from '@mip/registry/limits';
import { checkTags, type Operations, refuse, type World } from './world.ts';

interface MemoryQueue {
  readonly name: string;
  readonly arn: string;
  attributes: Record<string, string>;
  tags: Record<string, string>;
  /** How many messages it holds. */
  messages: number;
}

export class MemorySqs {
  readonly queues = new Map<string, MemoryQueue>();
  readonly #deleted = new Map<string, number>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  readonly operations: Operations = {
    CreateQueue: ({ QueueName = '', Attributes = {}, tags = {} }: CreateQueueCommandInput) => {
      const { max, pattern } = LIMITS.sqs.queueName;
      if (QueueName.length > max || !pattern.test(QueueName)) refuse(InvalidAttributeValue, `invalid queue name ${QueueName}`);
      if (QueueName.endsWith('.fifo') !== (Attributes.FifoQueue === 'true')) refuse(InvalidAttributeValue, 'FIFO by name and by attribute');
      const deleted = this.#deleted.get(QueueName);
      if (deleted !== undefined && this.#world.now - deleted < LIMITS.sqs.nameReuseSeconds * 1000)
        refuse(QueueDeletedRecently, 'You must wait 60 seconds after deleting a queue before you can create another with the same name.');
      this.#check(Attributes as Record<string, string>, tags);
      const there = this.queues.get(QueueName);
      if (there && Object.entries(Attributes).some(([key, value]) => there.attributes[key] !== value))
        refuse(QueueNameExists, 'A queue already exists with the same name and a different value');
      const arn = `arn:aws:sqs:${this.#world.region}:${this.#world.account}:${QueueName}`;
      if (!there)
        this.queues.set(QueueName, { name: QueueName, arn, attributes: { ...Attributes } as Record<string, string>, tags, messages: 0 });
      return { QueueUrl: this.#url(QueueName) };
    },
    GetQueueUrl: ({ QueueName = '' }: GetQueueUrlCommandInput) => ({ QueueUrl: this.#url(this.#find(this.#url(QueueName)).name) }),
    GetQueueAttributes: ({ QueueUrl, AttributeNames = [] }: GetQueueAttributesCommandInput) => {
      const { attributes, messages } = this.#find(QueueUrl);
      const all: Record<string, string> = { ...attributes, ApproximateNumberOfMessages: String(messages) };
      return { Attributes: Object.fromEntries(AttributeNames.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]]))) };
    },
    SetQueueAttributes: ({ QueueUrl, Attributes = {} }: SetQueueAttributesCommandInput) => {
      if ('FifoQueue' in Attributes) refuse(InvalidAttributeValue, 'FifoQueue cannot be changed');
      this.#check(Attributes as Record<string, string>, {});
      Object.assign(this.#find(QueueUrl).attributes, Attributes);
      return {};
    },
    ListQueueTags: ({ QueueUrl }: ListQueueTagsCommandInput) => ({ Tags: this.#find(QueueUrl).tags }),
    TagQueue: ({ QueueUrl, Tags = {} }: TagQueueCommandInput) => {
      checkTags(Tags);
      Object.assign(this.#find(QueueUrl).tags, Tags);
      return {};
    },
    DeleteQueue: ({ QueueUrl }: DeleteQueueCommandInput) => {
      const { name } = this.#find(QueueUrl);
      this.queues.delete(name);
      this.#deleted.set(name, this.#world.now);
      return {};
    },
  };

  #url(name: string): string {
    return `https://sqs.${this.#world.region}.amazonaws.com/${this.#world.account}/${name}`;
  }

  #find(url = ''): MemoryQueue {
    return this.queues.get(url.slice(url.lastIndexOf('/') + 1)) ?? refuse(QueueDoesNotExist, 'The specified queue does not exist.');
  }

  #check(attributes: Readonly<Record<string, string>>, tags: Record<string, string>): void {
    checkTags(tags);
    const { min, max } = LIMITS.sqs.retentionSeconds;
    within('VisibilityTimeout', attributes, 0, LIMITS.sqs.visibilitySeconds);
    within('MessageRetentionPeriod', attributes, min, max);
    const target =
      attributes.RedrivePolicy && (JSON.parse(attributes.RedrivePolicy) as { deadLetterTargetArn: string }).deadLetterTargetArn;
    if (target && ![...this.queues.values()].some(({ arn }) => arn === target))
      refuse(QueueDoesNotExist, 'Dead letter target does not exist');
  }
}

function within(name: string, attributes: Readonly<Record<string, string>>, min: number, max: number): void {
  const value = Number(attributes[name] ?? min);
  if (!(value >= min && value <= max)) refuse(InvalidAttributeValue, `Invalid value for the parameter ${name}.`);
}
