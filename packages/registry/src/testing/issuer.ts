/** An OpenID Connect issuer on a port of this machine: metadata, keys that change, and tokens with anything in them. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose';

export const AUDIENCE = 'mip';

/** What a token says; undefined leaves one out. */
export type Claims = Readonly<Record<string, unknown>>;

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

export class Issuer {
  /** What its keys are now, by their ids. */
  readonly keys = new Map<string, SigningKey>();
  /** Every path that was asked for, in order. */
  readonly asked: string[] = [];
  /** Does something else than it should, and returns true. */
  misbehave: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  readonly #server: Server;
  /** In seconds, where its clock stands. */
  readonly #now: () => number;

  private constructor(now: () => number) {
    this.#now = now;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(now = () => Math.floor(Date.now() / 1000)): Promise<Issuer> {
    const issuer = new Issuer(now);
    await once(issuer.#server.listen(0, '127.0.0.1'), 'listening');
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/realms/imaging`;
  }

  /** How often its keys were fetched. */
  get fetches(): number {
    return this.asked.filter((path) => path.endsWith('/keys')).length;
  }

  async newKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
    const key = { kid, alg, ...(await generateKeyPair(alg, { extractable: true })) };
    this.keys.set(kid, key);
    return key;
  }

  /** A token that is valid unless something is changed. */
  async token(key: SigningKey, claims: Claims = {}, header: Partial<JWTHeaderParameters> = {}): Promise<string> {
    return new SignJWT(this.claims(claims)).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey);
  }

  claims(more: Claims = {}): Claims {
    const now = this.#now();
    return { iss: this.url, aud: AUDIENCE, sub: 'somebody', client_id: 'clinic-a', iat: now, exp: now + 300, ...more };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.asked.push(request.url ?? '');
    if (this.misbehave(request, response)) return;
    const keys = () => [...this.keys.values()].map(async ({ kid, alg, publicKey }) => ({ ...(await exportJWK(publicKey)), kid, alg }));
    const pages: Readonly<Record<string, () => Promise<object>>> = {
      '/realms/imaging/.well-known/openid-configuration': async () => ({ issuer: this.url, jwks_uri: `${this.url}/keys` }),
      '/realms/imaging/keys': async () => ({ keys: await Promise.all(keys()) }),
    };
    const page = pages[request.url ?? ''];
    response.writeHead(page ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(page ? await page() : {}));
  }
}
