/**
 * One apply at a time for each region of a platform: a row that is written under a condition and renewed at a third of its time.
 *
 * Whoever waits goes by the wall clock, with an allowance for clocks that differ. Whoever holds goes by its own two clocks and gives up at
 * the end of the time counted from before its last renewal was sent, so that it stops first, also when it was paused in between.
 */

import { randomUUID } from 'node:crypto';
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { writeIf } from '@mip/registry/conditional-write';
import type { Clock } from './aws/clock.ts';

/** Another run holds the lease; the message says which, and until when. */
export class LeaseTaken extends Error {
  override readonly name = 'LeaseTaken';
}

/** The run may not write any more: its time is over, or somebody else has the lease. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

export interface LeaseOptions {
  readonly table: string;
  /** Who asks, in words for whoever has to wait. */
  readonly holder: string;
  readonly seconds: number;
  /** How long to wait for another's lease before giving up. */
  readonly waitSeconds: number;
  readonly clock: Clock;
  readonly now: () => Date;
  /** Told once, when there is something to wait for. */
  readonly note?: (line: string) => void;
}

type Document = Pick<DynamoDBDocumentClient, 'send'>;

/** The row; `expires_at` is milliseconds since 1970. */
export interface LeaseRow {
  readonly id: string;
  readonly holder: string;
  readonly expires_at: number;
}

const NAME = 'reconcile';
/** How far the wall clocks of two machines may be apart. */
const SKEW_MS = 5000;
const LOOK_EVERY_MS = 1000;

/** @throws {LeaseTaken} when another run still holds it after `waitSeconds`. */
export async function acquireLease(document: Document, options: LeaseOptions): Promise<Lease> {
  const { clock, waitSeconds, note, now } = options;
  const until = clock.now() + waitSeconds * 1000;
  for (let first = true; ; first = false) {
    const lease = new Lease(document, options);
    if (await lease.take()) return lease;
    const taken = await holderOf(document, options.table);
    const words = taken ? sentenceOf(taken, now()) : 'Another apply was quicker.';
    if (clock.now() >= until) throw new LeaseTaken(words);
    if (first) note?.(`${words} Waiting for it.`);
    await clock.sleep(LOOK_EVERY_MS);
  }
}

export class Lease {
  readonly #document: Document;
  readonly #options: LeaseOptions;
  readonly #id = randomUUID();
  #ends = { monotonic: Number.NEGATIVE_INFINITY, wall: Number.NEGATIVE_INFINITY };
  #stop = () => {};

  constructor(document: Document, options: LeaseOptions) {
    this.#document = document;
    this.#options = options;
  }

  /** @returns whether it is this run's from now on; also when it was already, because the SDK asked again for an answer that got lost. */
  async take(): Promise<boolean> {
    const wall = this.#options.now().getTime();
    const free = 'attribute_not_exists(id) OR expires_at < :before OR id = :id';
    if (!(await this.#write(free, { ':before': wall - SKEW_MS }))) return false;
    const renew = () => void this.renew().catch(() => undefined); // what fails is tried again; `check` knows the time
    this.#stop = this.#options.clock.every((this.#options.seconds * 1000) / 3, renew);
    return true;
  }

  /** Counts the time anew. A lease that went to another stays lost. */
  async renew(): Promise<void> {
    if (!(await this.#write('id = :id', {}))) this.#ends = { monotonic: Number.NEGATIVE_INFINITY, wall: Number.NEGATIVE_INFINITY };
  }

  /** @throws {LeaseLost} when the time is over. */
  check(): void {
    const { clock, now, seconds } = this.#options;
    if (clock.now() < this.#ends.monotonic && now().getTime() < this.#ends.wall) return;
    throw new LeaseLost(
      `this run was held up for more than the ${seconds} seconds of its lease, so another may write now; run it again to finish what is left`,
    );
  }

  /** Gives it back, if it is still this run's. */
  async release(): Promise<void> {
    this.#stop();
    const command = new DeleteCommand({
      TableName: this.#options.table,
      Key: { lease: NAME },
      ConditionExpression: 'id = :id',
      ExpressionAttributeValues: { ':id': this.#id },
    });
    await writeIf(this.#document, command);
  }

  async #write(condition: string, values: Record<string, unknown>): Promise<boolean> {
    const { table, holder, seconds, clock, now } = this.#options;
    const length = seconds * 1000;
    const ends = { monotonic: clock.now() + length, wall: now().getTime() + length }; // from before it is sent
    const command = new UpdateCommand({
      TableName: table,
      Key: { lease: NAME },
      UpdateExpression: 'SET id = :id, holder = :holder, expires_at = :ends',
      ConditionExpression: condition,
      ExpressionAttributeValues: { ':id': this.#id, ':holder': holder, ':ends': ends.wall, ...values },
    });
    if (!(await writeIf(this.#document, command))) return false;
    this.#ends = ends;
    return true;
  }
}

/** Whose lease it is, or was; undefined where it was given back. */
export async function holderOf(document: Document, table: string): Promise<LeaseRow | undefined> {
  const { Item } = await document.send(new GetCommand({ TableName: table, Key: { lease: NAME }, ConsistentRead: true }));
  return Item as LeaseRow | undefined;
}

function sentenceOf({ holder, expires_at }: LeaseRow, now: Date): string {
  const left = Math.max(0, Math.ceil((expires_at + SKEW_MS - now.getTime()) / 1000));
  return `Another apply is running (${holder}); its lease ends in ${left} s unless it is renewed.`;
}
