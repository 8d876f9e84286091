/** The dead letters of an algorithm, and its request queue as far as the sweeper and `mip redrive` use it. */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { type JobIdentity, LIMITS } from '@mip/registry';

/** A message that lies in the dead letters. */
export interface DeadLetter {
  readonly id: string;
  readonly receipt: string;
  /** As its worker wrote it down; `worker-lost` where SQS put it there, because its workers died. */
  readonly cause: string;
  /** Whose job it is, and by which delivery; undefined for what is no job. */
  readonly job: (JobIdentity & { readonly delivery: number }) | undefined;
}

/** The cause of what no worker buried. */
export const WORKER_LOST = 'worker-lost';

export class DeadLetters {
  readonly #sqs: Pick<SQSClient, 'send'>;
  readonly #wait: number;

  /** @param wait seconds that a read waits for letters: above 0 it asks every server of SQS, without it a short queue may look empty. */
  constructor(sqs: Pick<SQSClient, 'send'>, wait = 1) {
    this.#sqs = sqs;
    this.#wait = wait;
  }

  /** Undefined where there is no such queue. */
  async urlOf(queue: string): Promise<string | undefined> {
    try {
      return (await this.#sqs.send(new GetQueueUrlCommand({ QueueName: queue }))).QueueUrl;
    } catch (error) {
      if (error instanceof QueueDoesNotExist) return undefined;
      throw error;
    }
  }

  /** Every letter once, in batches. What is not removed is shown again to others when the caller is done, or after `heldSeconds`. */
  async *read(url: string, heldSeconds: number): AsyncGenerator<readonly DeadLetter[]> {
    const seen = new Map<string, DeadLetter>();
    try {
      for (;;) {
        const fresh = (await this.#receive(url, heldSeconds)).filter(({ id }) => !seen.has(id));
        if (fresh.length === 0) return;
        for (const letter of fresh) seen.set(letter.id, letter);
        yield fresh;
      }
    } finally {
      await this.#release(url, [...seen.values()]);
    }
  }

  /** The letter's job is on its queue again, or over. */
  async remove(url: string, { receipt }: DeadLetter): Promise<void> {
    await this.#sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receipt }));
  }

  /** Messages that wait, are held by somebody, or are to come. */
  async depth(url: string): Promise<{ readonly waiting: number; readonly held: number }> {
    const AttributeNames = [
      'ApproximateNumberOfMessages',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateNumberOfMessagesDelayed',
    ] as const;
    const { Attributes } = await this.#sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...AttributeNames] }));
    const [waiting = 0, held = 0, delayed = 0] = AttributeNames.map((name) => Number(Attributes?.[name] ?? 0));
    return { waiting: waiting + delayed, held };
  }

  async #receive(url: string, VisibilityTimeout: number): Promise<readonly DeadLetter[]> {
    const { Messages = [] } = await this.#sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        VisibilityTimeout,
        MaxNumberOfMessages: LIMITS.sqs.batch,
        WaitTimeSeconds: this.#wait,
        MessageAttributeNames: ['cause'],
      }),
    );
    return Messages.map(({ MessageId = '', ReceiptHandle = '', Body = '', MessageAttributes }) => {
      return { id: MessageId, receipt: ReceiptHandle, cause: MessageAttributes?.cause?.StringValue ?? WORKER_LOST, job: jobOf(Body) };
    });
  }

  /** Those that were removed meanwhile are refused one by one, which is as well. */
  async #release(url: string, letters: readonly DeadLetter[]): Promise<void> {
    for (let at = 0; at < letters.length; at += LIMITS.sqs.batch) {
      const Entries = letters.slice(at, at + LIMITS.sqs.batch).map(({ receipt }, index) => {
        return { Id: String(index), ReceiptHandle: receipt, VisibilityTimeout: 0 };
      });
      await this.#sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }));
    }
  }
}

function jobOf(body: string): DeadLetter['job'] {
  try {
    const { client_id, job_id, delivery } = JSON.parse(body) as Record<string, unknown>;
    const known = typeof client_id === 'string' && typeof job_id === 'string' && typeof delivery === 'number';
    return known && client_id !== '' && job_id !== '' ? { client_id, job_id, delivery } : undefined;
  } catch {
    return undefined;
  }
}
