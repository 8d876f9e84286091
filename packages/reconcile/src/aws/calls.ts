/** Every AWS call of a run passes here: it is counted, kept to AWS's rates, and refused once the run may not write any more. */

import { type Clock, monotonicClock } from './clock.ts';
import { type Rate, TokenBucket } from './rates.ts';

/** `operation` is the API's name, like `CreateQueue`; `retries` are attempts beyond the first. */
export interface CallCount {
  readonly service: string;
  readonly operation: string;
  readonly count: number;
  readonly retries: number;
}

/** Finds the rate that AWS allows an operation like `ecs:CreateService`, with the name of the bucket that it shares with others. */
export type RateOf = (operation: string) => (Rate & { readonly name: string }) | undefined;

interface Watchable {
  readonly middlewareStack: { addRelativeTo(middleware: never, options: { relation: 'before'; toMiddleware: string; name: string }): void };
}

type Next = (args: unknown) => Promise<unknown>;

const READ = /^(Get|List|Describe|BatchGet|Scan|Query|Head)/;

export class Calls {
  /** Asked before every attempt to write, while it is set. @throws what ends the run. */
  guard: (() => void) | undefined;
  readonly #counts = new Map<string, { count: number; retries: number }>();
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #rateOf: RateOf;
  readonly #clock: Clock;

  constructor(rateOf: RateOf = () => undefined, clock: Clock = monotonicClock) {
    this.#rateOf = rateOf;
    this.#clock = clock;
  }

  /** Lets every attempt of every call of an SDK client pass here from now on. @returns the client. */
  watch<Client extends Watchable>(client: Client, service: string): Client {
    const seen = new WeakSet<object>();
    const middleware = (next: Next, context: { commandName?: string }) => async (args: unknown) => {
      await this.pass(service, (context.commandName ?? 'Unknown').replace(/Command$/, ''), seen.has(context));
      seen.add(context);
      return next(args);
    };
    // After the SDK decided to try, before it signs: a signature must not age while a call waits for its turn.
    const place = { relation: 'before', toMiddleware: 'httpSigningMiddleware', name: 'mipCalls' } as const;
    client.middlewareStack.addRelativeTo(middleware as never, place);
    return client;
  }

  /** One attempt. @throws what the guard throws. */
  async pass(service: string, operation: string, again = false): Promise<void> {
    await this.#bucketOf(`${service}:${operation}`)?.take();
    const entry = this.#entry(service, operation);
    if (again) entry.retries += 1;
    else entry.count += 1;
    if (!READ.test(operation)) this.guard?.();
  }

  /** Sorted by service and operation. */
  get counts(): readonly CallCount[] {
    return [...this.#counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, counted]) => {
        const [service = '', operation = ''] = key.split(':');
        return { service, operation, ...counted };
      });
  }

  get total(): number {
    return this.counts.reduce((sum, { count, retries }) => sum + count + retries, 0);
  }

  #bucketOf(operation: string): TokenBucket | undefined {
    const rate = this.#rateOf(operation);
    if (!rate) return undefined;
    const bucket = this.#buckets.get(rate.name) ?? new TokenBucket(rate, this.#clock);
    this.#buckets.set(rate.name, bucket);
    return bucket;
  }

  #entry(service: string, operation: string): { count: number; retries: number } {
    const key = `${service}:${operation}`;
    const entry = this.#counts.get(key) ?? { count: 0, retries: 0 };
    this.#counts.set(key, entry);
    return entry;
  }
}
