/** The clock, the record and the misfortunes of an in-memory AWS. */

import { Calls } from '../aws/calls.ts';
import type { Clock } from '../aws/clock.ts';
import { exceptionOf } from './exceptions.ts';
import { rejectionOf } from './rejections.ts';

/** One call as it arrives: `operation` as IAM names it. */
export interface Call {
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
  /** From 1. */
  readonly number: number;
}

/** What a process that was killed in the middle of a call sees: nothing, ever again. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** Operations of one service by name, each given the command's input. */
export type Operations = Readonly<Record<string, (input: never) => unknown>>;

const WRITE = /^(Create|Put|Update|Delete|Register|Deregister|Tag|Untag|Set|Attach|Detach|Run|Stop|Send)/;

export class World {
  readonly account = '000000000000';
  readonly region = 'eu-central-1';
  calls = new Calls();
  /** Every call since the last `restart`. */
  readonly trace: Call[] = [];
  /** Milliseconds since 1970; moves only when a test moves it. */
  now = Date.UTC(2026, 0, 1);
  /** Makes a call fail before it has any effect. */
  fail: ((call: Call) => Error | undefined) | undefined;
  /** What a call takes, on a clock that a test drives. */
  pace: { readonly clock: Clock; readonly latency: number } | undefined;
  /** Answers something else than what is true. */
  distort: ((call: Call, output: unknown) => unknown) | undefined;
  /** Ends the process at that call, before or after its effect. */
  killAt: { readonly number: number; readonly when: 'before' | 'after' } | undefined;
  /** What callers say and hear is theirs alone; only who writes an answer down at once can do without. */
  copy: <T>(value: T) => T = structuredClone;
  #dead = false;
  readonly #repeated = new Set<{ readonly ms: number; next: number; readonly work: () => void }>();

  /** Lets time pass, and whoever does something again and again do it. */
  async pass(ms: number): Promise<void> {
    const until = this.now + ms;
    for (;;) {
      const [first] = [...this.#repeated].sort((a, b) => a.next - b.next);
      if (!first || first.next > until) break;
      this.now = Math.max(this.now, first.next);
      first.next += first.ms;
      first.work();
      await new Promise(setImmediate); // what it began is done
    }
    this.now = Math.max(this.now, until);
  }

  /** @returns what ends it. */
  repeat(ms: number, work: () => void): () => void {
    const one = { ms, next: this.now + ms, work };
    this.#repeated.add(one);
    return () => void this.#repeated.delete(one);
  }

  /** The process starts anew: counts from zero, no misfortune. What AWS holds stays. */
  restart(): void {
    this.calls = new Calls();
    this.trace.length = 0;
    this.fail = undefined;
    this.distort = undefined;
    this.killAt = undefined;
    this.#dead = false;
    this.#repeated.clear();
  }

  /** Calls since the last `restart` that change something, beside the run's own lease and record. */
  get writes(): readonly string[] {
    const changing = this.trace.filter(({ service, operation, input }) => {
      const { TableName = '' } = input as { TableName?: string };
      return WRITE.test(operation) && service !== 's3' && !TableName.endsWith('-leases');
    });
    return changing.map(({ service, operation }) => `${service}:${operation}`);
  }

  async call(service: string, operation: string, input: unknown, handle: (input: never) => unknown): Promise<unknown> {
    await this.calls.pass(service, operation);
    await this.pace?.clock.sleep(this.pace.latency);
    if (this.#dead) throw new Killed();
    const call = { service, operation, input, number: this.trace.length + 1 };
    this.trace.push(call);
    const failure = this.fail?.(call);
    if (failure) throw failure;
    this.#die(call.number, 'before');
    try {
      const rejection = rejectionOf(service, operation, input as Readonly<Record<string, unknown>>);
      if (rejection) throw exceptionOf(service, rejection);
      const output = handle(this.copy(input) as never);
      return this.copy(this.distort ? this.distort(call, output) : output);
    } finally {
      this.#die(call.number, 'after');
    }
  }

  #die(number: number, when: 'before' | 'after'): void {
    if (this.killAt?.number !== number || this.killAt.when !== when) return;
    this.#dead = true;
    throw new Killed();
  }
}

/** Replaces a client's `send`, so that all code above it is the real one. @param rename the command's name → the operation's. */
export function answerBy<Client extends object>(
  client: Client,
  {
    world,
    service,
    operations,
    rename = (name) => name,
  }: { world: World; service: string; operations: Operations; rename?: (name: string) => string },
): Client {
  const send = (command: { readonly constructor: { readonly name: string }; readonly input: unknown }) => {
    const operation = rename(command.constructor.name.replace(/Command$/, ''));
    const handle = operations[operation];
    if (!handle) throw new Error(`the in-memory ${service} has no ${operation}`);
    return world.call(service, operation, command.input, handle);
  };
  return Object.assign(client, { send });
}

/** An SDK exception as a service throws it. */
export function refuse<E extends Error>(Exception: new (options: { message: string; $metadata: object }) => E, message: string): never {
  throw new Exception({ message, $metadata: {} });
}

/** The same where there is a reason. */
export function refuseIf<E extends Error>(
  Exception: new (options: { message: string; $metadata: object }) => E,
  reason: string | undefined,
): void {
  if (reason !== undefined) refuse(Exception, reason);
}

/** One page of a list, whose tokens are offsets. */
export function pageOf<T>(items: readonly T[], size: number, token: string | undefined): { page: readonly T[]; next: string | undefined } {
  const start = Number(token ?? 0);
  return { page: items.slice(start, start + size), next: start + size < items.length ? String(start + size) : undefined };
}
