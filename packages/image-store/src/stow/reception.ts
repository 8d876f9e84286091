/** The instances of one STOW request: several on their way to S3 at once, their rows written in batches. */
import type { Readable } from 'node:stream';
import pLimit from 'p-limit';
import type { Outcome } from '../index-write.ts';
import { isUnavailable } from '../middleware/unavailable.ts';
import type { NewInstance } from '../new-instance.ts';
import type { Context } from '../ports.ts';
import { type Failure, type Outcomes, REASONS, type Stored } from './outcome.ts';
import { Interrupted, type Received, Receiver, type ReceiverOptions, Refused } from './receive.ts';

/** Rows wait for one another up to this many, so that a series of hundreds takes a few transactions. */
const BATCH = 64;
/** Of one request, on their way to S3. */
const AT_ONCE = 4;

/** Told of every fault that is not the client's. */
export type Report = (error: unknown, what: string) => void;

export interface ReceptionOptions extends ReceiverOptions {
  readonly report: Report;
}

interface Arrived {
  /** Of the part, in the order of the request. */
  readonly number: number;
  readonly received: Received;
  readonly instance: NewInstance;
}

export class Reception {
  readonly #context: Context;
  readonly #options: ReceptionOptions;
  readonly #stored: Stored[] = [];
  readonly #failed: Failure[] = [];
  readonly #uploading = new Set<Promise<void>>();
  readonly #writing = pLimit(1);
  readonly #writes: Promise<void>[] = [];
  #parts = 0;
  #arrived: Arrived[] = [];

  constructor(context: Context, options: ReceptionOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Reads one part to its end. Its object and row are taken care of while the next comes in. It never throws. */
  async take(part: Readable): Promise<void> {
    const number = this.#parts++;
    while (this.#uploading.size >= AT_ONCE) await Promise.race(this.#uploading);
    try {
      const received = await new Receiver(this.#context, this.#options).receive(part);
      const upload: Promise<void> = this.#upload(received, number).finally(() => this.#uploading.delete(upload));
      this.#uploading.add(upload);
    } catch (error) {
      this.#refused(error);
    }
  }

  /** Waits until all that came in whole is stored or refused. */
  async finish(): Promise<Outcomes> {
    await Promise.all(this.#uploading);
    this.#write();
    await Promise.all(this.#writes);
    return { stored: this.#stored, failed: this.#failed };
  }

  async #upload(received: Received, number: number): Promise<void> {
    try {
      const instance = await received.store();
      this.#arrived.push({ number, received, instance });
    } catch (error) {
      this.#refused(error);
    }
    if (this.#arrived.length >= BATCH) this.#write();
  }

  #write(): void {
    // Of two with one UID the one that was sent first stays, whichever S3 took first.
    const arrived = this.#arrived.toSorted((one, other) => one.number - other.number);
    this.#arrived = [];
    if (arrived.length > 0) this.#writes.push(this.#writing(() => this.#index(arrived)));
  }

  /** It never throws: nobody waits for it before the end of the request. */
  async #index(arrived: readonly Arrived[]): Promise<void> {
    const outcomes = await this.#add(arrived.map(({ instance }) => instance));
    await Promise.all(arrived.map(({ received }, index) => this.#settle(received, outcomes[index] as Outcome)));
  }

  /** What the index did not foresee may have happened after its rows were written. */
  async #add(instances: readonly NewInstance[]): Promise<readonly Outcome[]> {
    try {
      return await this.#context.index.add(instances);
    } catch (error) {
      return instances.map(() => ({ failed: error, certain: false, unforeseen: true }));
    }
  }

  /** Whatever has no row of its own has no object either, unless a row may yet lead to it. */
  async #settle(received: Received, outcome: Outcome): Promise<void> {
    const { uids, sopClass } = received;
    if (outcome === 'stored' || outcome === 'same') this.#stored.push({ uids, sopClass });
    else if (outcome === 'different')
      this.#failed.push({ uids, sopClass, reason: REASONS.duplicate, comment: 'has a UID under which other bytes are stored' });
    else {
      const passing = isUnavailable(outcome.failed) || !(outcome.certain || outcome.unforeseen);
      this.#options.report(outcome.failed, outcome.certain ? 'rows were not written' : 'rows may not have been written; objects stay');
      this.#failed.push({ uids, sopClass, reason: REASONS.processingFailure, comment: 'could not be stored now', passing });
    }
    if (outcome !== 'stored' && (typeof outcome === 'string' || outcome.certain)) await received.discard();
  }

  #refused(error: unknown): void {
    if (error instanceof Interrupted) {
      this.#failed.push({ uids: undefined, sopClass: '', reason: REASONS.cannotUnderstand, comment: 'breaks off before its end' });
      return;
    }
    if (!(error instanceof Refused)) {
      this.#options.report(error, 'an instance failed');
      this.#failed.push({ uids: undefined, sopClass: '', reason: REASONS.processingFailure, comment: 'could not be stored' });
      return;
    }
    if (error.failure.reason === REASONS.processingFailure) this.#options.report(error.cause, 'an object was not put');
    this.#failed.push(error.failure);
  }
}
