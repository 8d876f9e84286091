/** Counts AWS calls by service and operation, so that a report can say what a run cost and a test what it may cost. */

/** `operation` is the API's name, like `CreateQueue`; `retries` are attempts beyond the first. */
export interface CallCount {
  readonly service: string;
  readonly operation: string;
  readonly count: number;
  readonly retries: number;
}

interface Watchable {
  readonly middlewareStack: { add(middleware: never, options: { step: 'initialize'; name: string; priority: 'high' }): void };
}

/** What the SDK hands to a middleware and gets back, as far as counting looks at it. */
type Next = (args: unknown) => Promise<{ output?: { $metadata?: { attempts?: number } } }>;

export class CallCounter {
  readonly #counts = new Map<string, { count: number; retries: number }>();

  /** Counts every call of an SDK client from now on, failed ones too. @returns the client. */
  watch<Client extends Watchable>(client: Client, service: string): Client {
    const middleware = (next: Next, context: { commandName?: string }) => async (args: unknown) => {
      const operation = (context.commandName ?? 'Unknown').replace(/Command$/, '');
      this.count(service, operation);
      const result = await next(args);
      this.#entry(service, operation).retries += (result.output?.$metadata?.attempts ?? 1) - 1;
      return result;
    };
    client.middlewareStack.add(middleware as never, { step: 'initialize', name: 'mipCountCalls', priority: 'high' });
    return client;
  }

  count(service: string, operation: string): void {
    this.#entry(service, operation).count += 1;
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

  #entry(service: string, operation: string): { count: number; retries: number } {
    const key = `${service}:${operation}`;
    const entry = this.#counts.get(key) ?? { count: 0, retries: 0 };
    this.#counts.set(key, entry);
    return entry;
  }
}
