/** The public keys of an OpenID Connect issuer: where they are, what they are, and what holds while the issuer does not answer. */
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type ExportedJWKSCache,
  errors,
  type JWKSCacheInput,
  type JWTVerifyGetKey,
  jwksCache,
} from 'jose';
import { boundedFetch } from './bounded-fetch.ts';

/** Nothing can be said of a token now: its issuer does not answer, and no keys of it are known that are young enough. */
export class IssuerUnavailable extends Error {
  override readonly name = 'IssuerUnavailable';
}

export interface KeyTimes {
  /** Keys are asked for again after so many milliseconds. */
  readonly freshMs: number;
  /** Keys that could not be asked for again are believed for so long. */
  readonly believedMs: number;
  /** A token with an unknown key has them asked for again, but not more often than this. */
  readonly cooldownMs: number;
  /** An issuer that did not answer is left alone for so long, so that nobody waits for it again and again. */
  readonly pauseMs: number;
}

export const KEY_TIMES: KeyTimes = { freshMs: 600_000, believedMs: 3_600_000, cooldownMs: 30_000, pauseMs: 5000 };
const TIMEOUT_MS = 3000;

/** What says that the issuer has answered, and has no such key. */
const ANSWERED = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

type KeySet = ReturnType<typeof createRemoteJWKSet>;

export class IssuerKeys {
  readonly #issuer: string;
  readonly #times: KeyTimes;
  readonly #cache: JWKSCacheInput = {};
  #found: Promise<KeySet> | undefined;
  #pauseUntil = 0;

  constructor(issuer: string, times: KeyTimes = KEY_TIMES) {
    this.#issuer = issuer;
    this.#times = times;
  }

  /** The key of a token. @throws {IssuerUnavailable} */
  readonly get: JWTVerifyGetKey = async (header, token) => {
    if (Date.now() < this.#pauseUntil) return this.#kept(header, token);
    try {
      this.#found ??= this.#discover();
      return await (await this.#found)(header, token);
    } catch (error) {
      if (ANSWERED.some((kind) => error instanceof kind)) throw error;
      this.#found = undefined; // the keys may be somewhere else by now
      this.#pauseUntil = Date.now() + this.#times.pauseMs;
      return this.#kept(header, token);
    }
  };

  /** By what is remembered; of a key that is not, nobody can say now whether it is the issuer's. */
  async #kept(...[header, token]: Parameters<JWTVerifyGetKey>) {
    const { jwks, uat = 0 } = this.#cache as Partial<ExportedJWKSCache>;
    const keys = jwks && Date.now() < uat + this.#times.believedMs ? jwks : { keys: [] };
    return createLocalJWKSet(keys)(header, token).catch((error: Error) => {
      throw error instanceof errors.JWKSNoMatchingKey ? new IssuerUnavailable('the issuer of tokens does not answer') : error;
    });
  }

  async #discover(): Promise<KeySet> {
    const url = `${this.#issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const answer = await boundedFetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), headers: { accept: 'application/json' } });
    const { issuer, jwks_uri } = (answer.ok ? await answer.json() : {}) as { issuer?: unknown; jwks_uri?: unknown };
    if (issuer !== this.#issuer) throw new Error('the metadata are those of another issuer');
    const { freshMs, cooldownMs } = this.#times;
    return createRemoteJWKSet(this.#allowed(String(jwks_uri)), {
      timeoutDuration: TIMEOUT_MS,
      cacheMaxAge: freshMs,
      cooldownDuration: cooldownMs,
      [jwksCache]: this.#cache,
      [customFetch]: boundedFetch,
    });
  }

  /** Keys come as safely as the metadata did. */
  #allowed(uri: string): URL {
    const url = new URL(uri);
    const { protocol, hostname } = new URL(this.#issuer);
    if (url.protocol === 'https:' || (url.protocol === protocol && url.hostname === hostname)) return url;
    throw new Error('the keys of the issuer would come over plain HTTP');
  }
}
