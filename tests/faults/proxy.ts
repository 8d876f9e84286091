/** A proxy between any SDK and the emulator: it counts, delays, refuses, holds and cuts what passes, and knows AWS's limits. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorBody, readCall, type WireCall, type WireError, type WireRequest } from './call.ts';
import { Limits } from './limits.ts';

/**
 * What to do with a call: answer it with an error, wait, cut the connection before it reached the emulator, or after it took effect. `hold`
 * is called where the call stands and let go when its promise resolves: before it is forwarded, or after it took effect.
 */
export type Fault =
  | { readonly do: 'refuse'; readonly error: WireError }
  | { readonly do: 'delay'; readonly milliseconds: number }
  | { readonly do: 'cut'; readonly when: 'before' | 'after' }
  | { readonly do: 'hold'; readonly when: 'before' | 'after'; readonly until: (call: WireCall) => Promise<void> };

/** The first rule that has something to say decides; a call without a rule passes. */
export type Rule = (call: WireCall) => Fault | undefined;

export const THROTTLED: WireError = { code: 'ThrottlingException', message: 'Rate exceeded', status: 400 };
export const DENIED: WireError = { code: 'AccessDeniedException', message: 'is not authorized to perform this action', status: 400 };

/** The largest body that is kept to be read; more only passes through. */
const LARGEST_READ = 1 << 20;

export class FaultProxy {
  /** Every call since the last `restart`. */
  readonly calls: WireCall[] = [];
  rules: Rule[] = [];
  /** Called with every answer of the emulator, also where the caller never gets it. */
  onAnswer: (call: WireCall, status: number) => void = () => undefined;
  readonly #target: URL;
  readonly #scaling: URL;
  readonly #limits = new Limits();
  readonly #server: Server;

  private constructor(target: string, scaling: string) {
    this.#target = new URL(target);
    this.#scaling = new URL(scaling);
    this.#server = createServer((incoming, outgoing) => void this.#serve(incoming, outgoing).catch(() => incoming.socket.destroy()));
  }

  /** @param target the emulator's endpoint. @param scaling that of Application Auto Scaling, where that is another. */
  static async open(target: string, scaling = target): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, scaling);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** What an SDK takes for the endpoint. */
  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How often each operation was called since the last `restart`. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...Map.groupBy(this.calls, ({ operation }) => operation)].map(([name, own]) => [name, own.length]));
  }

  /** Counts from 1 again, without rules. */
  restart(...rules: Rule[]): void {
    this.calls.length = 0;
    this.rules = rules;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await bytesOf(incoming);
    const wire: WireRequest = {
      method: incoming.method ?? 'GET',
      url: incoming.url ?? '/',
      headers: incoming.headers,
      body: body.length > LARGEST_READ ? Buffer.alloc(0) : body,
    };
    const call = readCall(wire, this.calls.length + 1);
    this.calls.push(call);
    const refused = this.#limits.refuses(call);
    if (refused) return refuse(outgoing, call, refused);
    const fault = this.rules.map((rule) => rule(call)).find((found) => found !== undefined);
    if (fault?.do === 'refuse') return refuse(outgoing, call, fault.error);
    if (fault?.do === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.milliseconds));
    if (fault?.do === 'hold' && fault.when === 'before') await fault.until(call);
    if (fault?.do === 'cut' && fault.when === 'before') return void incoming.socket.destroy();
    const answer = await this.#forward(incoming, body);
    this.#limits.sees(call, answer.status);
    this.onAnswer(call, answer.status);
    if (fault?.do === 'hold' && fault.when === 'after') await fault.until(call);
    if (fault?.do === 'cut' && fault.when === 'after') return void incoming.socket.destroy();
    outgoing.writeHead(answer.status, answer.headers).end(answer.body);
  }

  /** Addresses in the answer lead back through the proxy. */
  async #forward({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
    const isScaling = String(headers['x-amz-target'] ?? '').startsWith('AnyScaleFrontendService.');
    const { hostname, port } = isScaling ? this.#scaling : this.#target;
    const sent = request({ hostname, port, method, path: url, headers: { ...headers, 'content-length': body.length } });
    sent.end(body);
    const [received] = (await once(sent, 'response')) as [IncomingMessage];
    const answered = await bytesOf(received);
    const text = /json|xml/.test(received.headers['content-type'] ?? '');
    const own = text ? Buffer.from(this.#redirect(answered.toString())) : answered;
    const { 'transfer-encoding': _, ...rest } = received.headers;
    const location = rest.location && { location: this.#redirect(rest.location) };
    const length = method === 'HEAD' ? {} : { 'content-length': String(own.length) };
    return { status: received.statusCode ?? 502, headers: { ...(rest as Record<string, string>), ...location, ...length }, body: own };
  }

  #redirect(text: string): string {
    return text.replaceAll(new RegExp(`http://(127\\.0\\.0\\.1|localhost):${this.#target.port}`, 'g'), this.endpoint);
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

function refuse(outgoing: ServerResponse, { protocol }: WireCall, error: WireError): void {
  const { headers, body } = errorBody(protocol, error);
  outgoing.writeHead(error.status, headers).end(body);
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Every n-th call, by its number. */
export function everyNth(nth: number, fault: Fault, holds: (call: WireCall) => boolean = () => true): Rule {
  return (call) => (call.number % nth === 0 && holds(call) ? fault : undefined);
}

/** The first call of each of the operations. */
export function onFirst(operations: readonly string[], fault: Fault): Rule {
  const left = new Set(operations);
  return (call) => (left.delete(call.operation) ? fault : undefined);
}

/** Calls of one operation, like `ecs:ListServices`. */
export function on(operation: string, fault: Fault): Rule {
  return (call) => (call.operation === operation ? fault : undefined);
}
