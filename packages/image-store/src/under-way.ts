import type { FastifyInstance } from 'fastify';

/** How often it is looked whether something is still under way. */
const LOOK_MS = 50;
/** After the last connection is closed, for what is left of uploads to be removed. */
const TIDY_MS = 3000;

/**
 * Makes `close` end: requests under way may finish within so long; then, or as soon as there are none, every connection is closed. Node waits
 * by itself for connections on which nothing was ever sent, and for clients that never finish.
 */
export class UnderWay {
  #answers = 0;
  readonly #work = new Set<Promise<unknown>>();

  constructor(app: FastifyInstance, milliseconds: number) {
    app.addHook('onRequest', async (_request, reply) => {
      this.#answers += 1;
      reply.raw.once('close', () => {
        this.#answers -= 1;
      });
    });
    app.addHook('preClose', async () => {
      const end = performance.now() + milliseconds;
      const timer = setInterval(() => {
        if (this.#isIdle || performance.now() > end) app.server.closeAllConnections();
      }, LOOK_MS);
      app.server.once('close', () => clearInterval(timer));
    });
    app.addHook('onClose', async () => {
      await Promise.race([Promise.allSettled(this.#work), new Promise((resolve) => setTimeout(resolve, TIDY_MS).unref())]);
    });
  }

  /** Work of a request, which may go on after its client has gone. */
  async add<T>(work: Promise<T>): Promise<T> {
    this.#work.add(work);
    try {
      return await work;
    } finally {
      this.#work.delete(work);
    }
  }

  get #isIdle(): boolean {
    return this.#answers === 0 && this.#work.size === 0;
  }
}
