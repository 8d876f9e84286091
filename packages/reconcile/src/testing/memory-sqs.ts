/** SQS in memory, as strict as AWS about attributes, dead letters, and a name again within a minute. */

import {
  type CreateQueueCommandInput,
  type DeleteQueueCommandInput,
  type GetQueueAttributesCommandInput,
  type GetQueueUrlCommandInput,
  InvalidAttributeName,
  InvalidAttributeValue,
  type ListQueueTagsCommandInput,
  QueueDeletedRecently,
  QueueDoesNotExist,
  QueueNameExists,
  type SendMessageCommandInput,
  type SetQueueAttributesCommandInput,
  type TagQueueCommandInput,
  UnsupportedOperation,
  type UntagQueueCommandInput,
} from '@aws-sdk/client-sqs';
import { LIMITS } from '@mip/registry/limits';
import { type Attributes, defaultsOf, notTogether, otherKind, put, redriveRefused } from './queue-rules.ts';
import { type Operations, refuse, refuseIf, type World } from './world.ts';

interface MemoryQueue {
  readonly name: string;
  readonly arn: string;
  attributes: Record<string, string>;
  tags: Record<string, string>;
  /** How many messages it holds. */
  messages: number;
  /** The bodies of those that were sent and that nobody took yet. */
  readonly sent: string[];
  /** Deduplication ids. */
  readonly seen: Set<string>;
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
      const deleted = this.#deleted.get(QueueName);
      if (deleted !== undefined && this.#world.now - deleted < LIMITS.sqs.nameReuseSeconds * 1000)
        refuse(QueueDeletedRecently, 'You must wait 60 seconds after deleting a queue before you can create another with the same name.');
      const arn = `arn:aws:sqs:${this.#world.region}:${this.#world.account}:${QueueName}`;
      const attributes = put(defaultsOf(Attributes as Attributes), Attributes as Attributes);
      this.#check(arn, attributes, Attributes as Attributes);
      const there = this.queues.get(QueueName);
      if (there && Object.entries(Attributes).some(([key, value]) => there.attributes[key] !== value))
        refuse(QueueNameExists, 'A queue already exists with the same name and a different value');
      if (!there) this.queues.set(QueueName, { name: QueueName, arn, attributes, tags, messages: 0, sent: [], seen: new Set() });
      return { QueueUrl: this.#url(QueueName) };
    },
    GetQueueUrl: ({ QueueName = '' }: GetQueueUrlCommandInput) => ({ QueueUrl: this.#url(this.#find(this.#url(QueueName)).name) }),
    GetQueueAttributes: ({ QueueUrl, AttributeNames = [] }: GetQueueAttributesCommandInput) => {
      const { arn, attributes, messages } = this.#find(QueueUrl);
      const all: Attributes = { ...attributes, QueueArn: arn, ApproximateNumberOfMessages: String(messages) };
      const asked = Object.entries(all).filter(([key]) => AttributeNames.some((name) => name === 'All' || name === key));
      return { Attributes: Object.fromEntries(asked) };
    },
    SetQueueAttributes: ({ QueueUrl, Attributes = {} }: SetQueueAttributesCommandInput) => {
      const queue = this.#find(QueueUrl);
      const attributes = put(queue.attributes, Attributes as Attributes);
      this.#check(queue.arn, attributes, Attributes as Attributes);
      queue.attributes = attributes;
      return {};
    },
    ListQueueTags: ({ QueueUrl }: ListQueueTagsCommandInput) => ({ Tags: this.#find(QueueUrl).tags }),
    TagQueue: ({ QueueUrl, Tags = {} }: TagQueueCommandInput) => {
      Object.assign(this.#find(QueueUrl).tags, Tags);
      return {};
    },
    UntagQueue: ({ QueueUrl, TagKeys = [] }: UntagQueueCommandInput) => {
      for (const key of TagKeys) delete this.#find(QueueUrl).tags[key];
      return {};
    },
    SendMessage: ({ QueueUrl, MessageBody = '', MessageDeduplicationId = '' }: SendMessageCommandInput) => {
      const queue = this.#find(QueueUrl);
      if (!queue.seen.has(MessageDeduplicationId)) queue.messages = queue.sent.push(MessageBody);
      queue.seen.add(MessageDeduplicationId);
      return { MessageId: MessageDeduplicationId };
    },
    DeleteQueue: ({ QueueUrl }: DeleteQueueCommandInput) => {
      const { name } = this.#find(QueueUrl);
      this.queues.delete(name);
      this.#deleted.set(name, this.#world.now);
      return {};
    },
  };

  /** What a worker does: it takes all messages of a queue and deletes them. @returns their bodies. */
  drain(name: string): readonly string[] {
    const queue = this.queues.get(name);
    if (!queue) return [];
    queue.messages = 0;
    return queue.sent.splice(0);
  }

  #url(name: string): string {
    return `https://sqs.${this.#world.region}.amazonaws.com/${this.#world.account}/${name}`;
  }

  #find(url = ''): MemoryQueue {
    return this.queues.get(url.slice(url.lastIndexOf('/') + 1)) ?? refuse(QueueDoesNotExist, 'The specified queue does not exist.');
  }

  /** @param attributes as they would be. @param asked what the call sets. */
  #check(arn: string, attributes: Attributes, asked: Attributes): void {
    refuseIf(InvalidAttributeName, otherKind(attributes, asked));
    refuseIf(InvalidAttributeValue, notTogether(attributes));
    if (!asked.RedrivePolicy) return;
    const { deadLetterTargetArn } = JSON.parse(asked.RedrivePolicy) as { deadLetterTargetArn: string };
    const target = [...this.queues.values()].find((queue) => queue.arn === deadLetterTargetArn);
    const letters = target?.attributes ?? refuse(QueueDoesNotExist, 'Dead letter target does not exist');
    if (letters.FifoQueue !== attributes.FifoQueue) refuse(InvalidAttributeValue, 'Invalid value for the parameter RedrivePolicy.');
    refuseIf(UnsupportedOperation, redriveRefused(arn, letters));
  }
}
