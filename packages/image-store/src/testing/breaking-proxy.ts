import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What to do with the body of an answer: end the connection after so many bytes, or wait before each piece. */
export interface Break {
  readonly after?: number;
  readonly milliseconds?: number;
}

/** Between the store and its S3: passes everything, and breaks the bodies of the objects that a rule picks. */
export class BreakingProxy {
  /** Of each object that was read, how many bytes went through. */
  readonly sent: { bytes: number }[] = [];
  rule: (number: number) => Break | undefined = () => undefined;
  readonly #target: URL;
  readonly #server: Server;

  constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((incoming, outgoing) => {
      const { hostname, port } = this.#target;
      const forward = request({ hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers });
      incoming.pipe(forward);
      outgoing.on('close', () => forward.destroy());
      forward.on('error', () => outgoing.destroy());
      forward.on('response', (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        // Only objects have paths; the calls of DynamoDB do not.
        if (incoming.method !== 'GET' || incoming.url === '/') return void answer.pipe(outgoing);
        void this.#pass(answer, outgoing).catch(() => outgoing.destroy());
      });
    });
  }

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  restart(rule: (number: number) => Break | undefined = () => undefined): void {
    this.sent.length = 0;
    this.rule = rule;
  }

  async #pass(answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    outgoing.setMaxListeners(0);
    const count = { bytes: 0 };
    const how = this.rule(this.sent.push(count));
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      const piece = chunk.subarray(0, how?.after === undefined ? chunk.length : how.after - count.bytes);
      count.bytes += piece.length;
      if (how?.milliseconds) await new Promise((resolve) => setTimeout(resolve, how.milliseconds));
      if (!outgoing.write(piece)) await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]);
      if (how?.after !== undefined && count.bytes >= how.after) {
        // What was written arrives first: without a status the SDK would try again.
        await new Promise((resolve) => setTimeout(resolve, 50));
        return void outgoing.destroy();
      }
      if (outgoing.destroyed) return;
    }
    outgoing.end();
  }
}
