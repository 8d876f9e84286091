/** What AWS refuses and the emulator lets through: told from the call alone, by the table that the in-memory AWS has, or from what passed before. */

import { rejectionOf } from '@mip/reconcile/testing/rejections';
import { LIMITS } from '@mip/registry/limits';
import type { WireCall, WireError } from './call.ts';

export class Limits {
  /** When a queue was deleted, by its name; milliseconds. */
  readonly #deleted = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  refuses({ operation, input }: WireCall): WireError | undefined {
    const [service = '', name = ''] = operation.split(':');
    return (
      rejectionOf(service, name, input) ?? (operation === 'sqs:CreateQueue' ? this.#deletedRecently(String(input.QueueName)) : undefined)
    );
  }

  /** Learns from a call that passed. */
  sees({ operation, input }: WireCall, status: number): void {
    if (operation === 'sqs:DeleteQueue' && status < 300) this.#deleted.set(String(input.QueueUrl).split('/').at(-1) ?? '', this.#now());
  }

  #deletedRecently(queue: string): WireError | undefined {
    const { nameReuseSeconds } = LIMITS.sqs;
    const waited = this.#now() - (this.#deleted.get(queue) ?? Number.NEGATIVE_INFINITY);
    if (waited >= nameReuseSeconds * 1000) return undefined;
    const message = `You must wait ${nameReuseSeconds} seconds after deleting a queue before you can create another with the same name.`;
    return { code: 'QueueDeletedRecently', message, status: 400 };
  }
}
