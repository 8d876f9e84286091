/**
 * The part of the ECS agent's endpoint that tasks ask for protection from scale-in: `PUT $ECS_AGENT_URI/task-protection/v1/state`.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
 */
import Fastify, { type FastifyInstance } from 'fastify';

/** What a task sends. */
interface Asked {
  readonly ProtectionEnabled: boolean;
  readonly ExpiresInMinutes?: number;
}

/** ECS's own default, and the most that it takes. */
const EXPIRES_MINUTES = { default: 120, most: 2880 };
const BODY = {
  type: 'object',
  required: ['ProtectionEnabled'],
  properties: {
    ProtectionEnabled: { type: 'boolean' },
    ExpiresInMinutes: { type: 'integer', minimum: 1, maximum: EXPIRES_MINUTES.most },
  },
};

export class TaskProtection {
  readonly #server: FastifyInstance;
  readonly #now: () => number;
  /** When the protection of a task ends, by the last part of its ARN; milliseconds. */
  readonly #until = new Map<string, number>();
  #url = '';

  private constructor(now: () => number) {
    this.#now = now;
    this.#server = Fastify({ forceCloseConnections: true });
    this.#server.put<{ Params: { task: string }; Body: Asked }>(
      '/api/:task/task-protection/v1/state',
      { schema: { body: BODY } },
      async ({ params: { task }, body: { ProtectionEnabled, ExpiresInMinutes = EXPIRES_MINUTES.default } }) => {
        if (ProtectionEnabled) this.#until.set(task, this.#now() + ExpiresInMinutes * 60_000);
        else this.#until.delete(task);
        return this.#state(task);
      },
    );
    this.#server.get<{ Params: { task: string } }>('/api/:task/task-protection/v1/state', async ({ params }) => this.#state(params.task));
  }

  /** Listens on a free port of 127.0.0.1. */
  static async open(now: () => number = Date.now): Promise<TaskProtection> {
    const protection = new TaskProtection(now);
    protection.#url = await protection.#server.listen({ host: '127.0.0.1', port: 0 });
    return protection;
  }

  /** What a task gets as `ECS_AGENT_URI`. */
  uriOf(arn: string): string {
    return `${this.#url}/api/${nameOf(arn)}`;
  }

  /** Whether the task has asked not to be ended, and the time that it asked for is not over. */
  holds(arn: string): boolean {
    return (this.#until.get(nameOf(arn)) ?? 0) > this.#now();
  }

  forget(arn: string): void {
    this.#until.delete(nameOf(arn));
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  #state(task: string) {
    const until = this.#until.get(task) ?? 0;
    const enabled = until > this.#now();
    return { protection: { ProtectionEnabled: enabled, TaskArn: task, ...(enabled && { ExpirationDate: new Date(until).toISOString() }) } };
  }
}

function nameOf(arn: string): string {
  return arn.split('/').at(-1) ?? arn;
}
