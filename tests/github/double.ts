/**
 * GitHub's API as a test needs it: on 127.0.0.1, with state, strict. It stands behind `GITHUB_API_URL`. What it does not do as GitHub does,
 * and what it does on purpose, is in README.md beside it.
 */
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TokenOptions } from './actor.ts';
import type { App } from './app.ts';
import type { Permissions } from './permissions.ts';
import type { Membership } from './records.ts';
import { RepositoryDouble } from './repository-double.ts';
import type { Fault, GitHubCall, Rule } from './rules.ts';
import { type Reading, type Reply, type Request, read, respond } from './serve.ts';
import { GitHubState } from './state.ts';

/** Git holds this process up for seconds, and the client's connections with it: none of them may be closed just when it goes on. */
const KEEP_ALIVE_MS = 120_000;

export class GitHubDouble {
  /** Every request since the last `restart`. */
  readonly requests: GitHubCall[] = [];
  /** Every request and answer that does not fit GitHub's description, in a sentence. A test asserts that there is none. */
  readonly violations: string[] = [];
  rules: Rule[] = [];
  /** The repository whose workflows run. */
  readonly repository: RepositoryDouble;
  readonly #state = new GitHubState(mkdtempSync(join(tmpdir(), 'mip-github-')));
  readonly #server: Server;

  private constructor(repository: string) {
    this.repository = new RepositoryDouble(this.#state, this.#state.addRepository(repository));
    this.#server = createServer((incoming, outgoing) => void this.#serve(incoming, outgoing).catch(() => incoming.socket.destroy()));
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS;
  }

  /** @param options `repository` like `octo/catalog`: private, empty, its branch will be `main`. */
  static async open({ repository = 'octo/catalog' }: { readonly repository?: string } = {}): Promise<GitHubDouble> {
    const double = new GitHubDouble(repository);
    double.#server.listen(0, '127.0.0.1');
    await once(double.#server, 'listening');
    double.#state.url = `http://127.0.0.1:${(double.#server.address() as AddressInfo).port}`;
    return double;
  }

  /** What `GITHUB_API_URL` is set to. */
  get url(): string {
    return this.#state.url;
  }

  /** A new token. By default it is the workflow's own, and may do everything. */
  token(options: TokenOptions = {}): string {
    return this.#state.addToken(options);
  }

  /** An app that is installed on the repository. */
  app(slug: string, permissions: Permissions = { contents: 'write', 'pull-requests': 'write' }): App {
    return this.#state.addApp(slug, permissions);
  }

  /** A fork of the repository as it is now, like `alice/catalog`. */
  fork(fullName: string): RepositoryDouble {
    return new RepositoryDouble(this.#state, this.#state.addRepository(fullName, this.#state.first));
  }

  /** Somebody becomes a member of a team, like `octo/clinic`, or is only invited. */
  member(team: string, login: string, state: Membership = 'active'): void {
    this.#state.memberships.set(`${team}/${login}`.toLowerCase(), state);
  }

  /** How often each operation was called since the last `restart`. */
  get counts(): Readonly<Record<string, number>> {
    const named = Map.groupBy(this.requests, ({ operation }) => operation ?? 'unknown');
    return Object.fromEntries([...named].map(([name, own]) => [name, own.length]));
  }

  /** Counts from 1 again, with no rules but these. State and violations stay. */
  restart(...rules: Rule[]): void {
    this.requests.length = 0;
    this.rules = rules;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    this.#state.remove();
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = incoming;
    const request: Request = { method, url, headers, body: await bytesOf(incoming) };
    const reading = read(this.#state, request);
    this.violations.push(...reading.violations);
    const call = this.#record(request, reading);
    const fault = this.rules.map((rule) => rule(call)).find((found) => found !== undefined);
    if (fault?.do === 'refuse') return this.#send(outgoing, call, refusal(fault));
    if (fault?.do === 'hold' && fault.when === 'before') await fault.until(call);
    if (fault?.do === 'cut' && fault.when === 'before') return void incoming.socket.destroy();
    const reply = this.#respond(reading);
    if (fault?.do === 'hold' && fault.when === 'after') await fault.until(call);
    if (fault?.do === 'cut' && fault.when === 'after') return void incoming.socket.destroy();
    this.#send(outgoing, call, reply);
  }

  #record({ method, url }: Request, { id, body, actor }: Reading): GitHubCall {
    const nth = this.requests.filter(({ operation }) => operation === id).length + 1;
    const call = { number: this.requests.length + 1, nth, operation: id, method, path: url, body, login: actor?.login };
    this.requests.push(call);
    return call;
  }

  /** A mistake in the double itself is a violation, so that no test passes over it. */
  #respond(reading: Reading): Reply {
    try {
      const reply = respond(this.#state, reading);
      this.violations.push(...reply.violations);
      return reply;
    } catch (fault) {
      this.violations.push(`${reading.id}: the double failed: ${fault instanceof Error ? fault.stack : fault}`);
      return { status: 500, headers: { 'content-type': 'application/json' }, data: { message: 'Server Error' }, violations: [] };
    }
  }

  #send(outgoing: ServerResponse, call: GitHubCall, { status, headers, data }: Reply): void {
    call.status = status;
    outgoing.writeHead(status, headers);
    outgoing.end(data === undefined ? undefined : typeof data === 'string' ? data : JSON.stringify(data));
  }
}

function refusal({ status, headers, body }: Fault & { do: 'refuse' }): Reply {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, data: body, violations: [] };
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
