/** Who vouches for a workflow: gives out OIDC tokens as GitHub does, and sessions of roles as AWS's STS does, but for roles that refuse. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
const REFUSAL = 'Not authorized to perform sts:AssumeRoleWithWebIdentity';

export class Identity {
  /** ARNs of roles that nobody takes on. */
  readonly refused = new Set<string>();
  /** ARNs of roles that were taken on, in order. */
  readonly assumed: string[] = [];
  readonly #aws: string;
  readonly #server: Server;

  private constructor(aws: string) {
    this.#aws = aws;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** @param aws where STS's other calls are answered */
  static async open(aws: string): Promise<Identity> {
    const identity = new Identity(aws);
    identity.#server.listen(0, '127.0.0.1');
    await once(identity.#server, 'listening');
    return identity;
  }

  /** What `AWS_ENDPOINT_URL_STS` is set to. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What `ACTIONS_ID_TOKEN_REQUEST_URL` is set to; the audience is added behind it. */
  get tokenUrl(): string {
    return `${this.url}/token?version=1`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.startsWith('/token')) return void response.end(JSON.stringify({ value: 'header.payload.signature' }));
    let body = '';
    for await (const chunk of request) body += chunk;
    response.setHeader('content-type', 'text/xml');
    const asked = new URLSearchParams(body);
    if (asked.get('Action') !== 'AssumeRoleWithWebIdentity') return void response.end(await this.#forward(request, body));
    const role = asked.get('RoleArn') ?? '';
    if (this.refused.has(role)) {
      response.statusCode = 403;
      return void response.end(
        `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${REFUSAL}</Message></Error></ErrorResponse>`,
      );
    }
    this.assumed.push(role);
    response.end(sessionOf());
  }

  async #forward({ headers: { authorization = '', 'content-type': type = '' } }: IncomingMessage, body: string): Promise<string> {
    const answer = await fetch(this.#aws, { method: 'POST', headers: { authorization, 'content-type': type }, body });
    return answer.text();
  }
}

function sessionOf(): string {
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  const keys = `<AccessKeyId>test</AccessKeyId><SecretAccessKey>test</SecretAccessKey><SessionToken>session</SessionToken>`;
  const credentials = `<Credentials>${keys}<Expiration>${expiration}</Expiration></Credentials>`;
  const result = `<AssumeRoleWithWebIdentityResult>${credentials}</AssumeRoleWithWebIdentityResult>`;
  return `<AssumeRoleWithWebIdentityResponse xmlns="${NAMESPACE}">${result}</AssumeRoleWithWebIdentityResponse>`;
}
