import { GetQueueUrlCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { isTold } from '@mip/registry';
import { ShortMemory } from '@mip/registry/short-memory';
import type { Events } from './ports.ts';

/** One message group per job: its events arrive in order, and those of one job hold up nobody else's. */
export function sqsEvents(sqs: Pick<SQSClient, 'send'>, queue: string): Events {
  const url = urlOf(sqs, queue);
  return {
    async send(event) {
      if (!isTold(event)) return;
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: await url(),
          MessageBody: JSON.stringify(event),
          MessageGroupId: event.job_key,
          MessageDeduplicationId: event.event_id,
        }),
      );
    },
  };
}

/** The address of a queue, asked for once; a failure is asked for again. */
export function urlOf(sqs: Pick<SQSClient, 'send'>, QueueName: string): () => Promise<string> {
  const memory = new ShortMemory<string>({ keptMs: Number.POSITIVE_INFINITY, now: () => new Date() });
  return () => memory.get(QueueName, async () => (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? '');
}
