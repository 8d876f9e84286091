import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { deduplicationId } from '@mip/registry';
import type { Ports } from './ports.ts';
import type { Waker } from './waker.ts';

/** One message group per job: a poison job holds up nobody, and all jobs run in parallel. */
/** @param waker of the line that a message is for: whoever sends one, also again, cannot forget it. */
export function sqsRequests(sqs: Pick<SQSClient, 'send'>, waker: Waker): Ports['requests'] {
  return {
    async send(queueUrl, message) {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: JSON.stringify(message),
          MessageGroupId: message.job_key,
          MessageDeduplicationId: deduplicationId(message, message.delivery),
        }),
      );
      await waker.wake({ queueUrl, algorithm: message.algorithm });
    },
  };
}
