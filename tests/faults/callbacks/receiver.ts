/** A client's server: it verifies every callback with the library of Standard Webhooks, and fails at random. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { JobEvent } from '@mip/registry';
import { Webhook } from 'standardwebhooks';

export interface Received {
  readonly id: string;
  readonly event: JobEvent;
}

export class Receiver {
  /** Callbacks that were answered with success, in order. */
  readonly taken: Received[] = [];
  /** Callbacks whose signature was wrong. */
  forged = 0;
  /** Tells what becomes of a callback; all are taken by default. */
  mood: () => 'take' | 'refuse' | 'cut' | 'take and cut' = () => 'take';
  readonly #server: Server;
  readonly #webhook: Webhook;

  private constructor(secret: string) {
    this.#webhook = new Webhook(secret);
    this.#server = createServer((request, response) => {
      void this.#answer(request).then((status) => (status === undefined ? request.socket.destroy() : response.writeHead(status).end()));
    });
  }

  static async open(secret: string): Promise<Receiver> {
    const receiver = new Receiver(secret);
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mip?room=1`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** @returns undefined where the connection is to be cut. */
  async #answer(request: IncomingMessage): Promise<number | undefined> {
    const body = await text(request);
    const mood = this.mood();
    if (mood === 'cut') return undefined;
    if (mood === 'refuse') return 503;
    try {
      const event = this.#webhook.verify(body, request.headers as Record<string, string>) as JobEvent;
      this.taken.push({ id: String(request.headers['webhook-id']), event });
    } catch {
      this.forged += 1;
      return 401;
    }
    return mood === 'take' ? 204 : undefined;
  }
}
