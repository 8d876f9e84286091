/** Access tokens of the platform's issuer: whose they are. Nothing of a token is ever repeated, in an answer or in the log. */
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { CLIENT_ID } from '../client-admin.ts';
import { type Client, MOST_ROLES, ROLE } from '../clients.ts';
import { CONFORMANCE_CLIENT } from '../names.ts';
import { IssuerKeys } from './issuer-keys.ts';

/** `identity` of the platform file. */
export interface Identity {
  readonly issuer: string;
  readonly audience: string;
  readonly client_claim?: string;
  readonly role_claim?: string;
}

/** Why a token is not taken, in words for its sender. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';

  /** A sentence for the body of a 401. */
  get detail(): string {
    return `This token is not valid: ${this.message}.`;
  }

  /** `WWW-Authenticate` of a 401: RFC 6750. */
  get challenge(): string {
    return `Bearer error="invalid_token", error_description="${this.message}"`;
  }
}

/** Signatures by a key pair alone: with a shared secret, whoever can check a token could make one. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
const CLOCK_TOLERANCE = '5 s';
const LONGEST = 8192;
/** Later times have another form in ISO 8601. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
/** The header `Authorization` with a token. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

export class Tokens {
  readonly #identity: Identity;
  readonly #key: JWTVerifyGetKey;
  readonly #now: () => Date;

  /** Whose tokens an issuer's are, with its keys asked for as they are needed. */
  static of(identity: Identity, now: () => Date): Tokens {
    return new Tokens(identity, new IssuerKeys(identity.issuer).get, now);
  }

  constructor(identity: Identity, key: JWTVerifyGetKey, now: () => Date) {
    this.#identity = identity;
    this.#key = key;
    this.#now = now;
  }

  /** The client of a header `Authorization`. @throws {TokenRefused} or what `key` throws. */
  async ofHeader(authorization: string): Promise<Client> {
    const [, token] = BEARER.exec(authorization) ?? [];
    if (token === undefined) throw new TokenRefused('the header has to be Authorization: Bearer and a token');
    return this.client(token);
  }

  /** @throws {TokenRefused} or what `key` throws. */
  async client(token: string): Promise<Client> {
    if (token.length > LONGEST) throw new TokenRefused(`the token has more than ${LONGEST} characters`);
    const { issuer, audience } = this.#identity;
    const options = { issuer, audience, algorithms: ALGORITHMS, clockTolerance: CLOCK_TOLERANCE, requiredClaims: ['exp'] };
    const currentDate = this.#now();
    const { payload } = await jwtVerify(token, this.#key, { ...options, currentDate }).catch(refuse);
    const roles = this.#rolesOf(payload);
    return {
      client_id: this.#clientOf(payload),
      created_at: currentDate.toISOString(),
      expires_at: endOf(payload),
      ...(roles.length > 0 && { roles }),
    };
  }

  /** What is no role is left out: an issuer may have others for other things. */
  #rolesOf(payload: JWTPayload): readonly string[] {
    const { role_claim } = this.#identity;
    const claim = role_claim === undefined ? undefined : payload[role_claim];
    const all: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
    return all.filter((role): role is string => typeof role === 'string' && ROLE.test(role)).slice(0, MOST_ROLES);
  }

  #clientOf(payload: JWTPayload): string {
    const { client_claim } = this.#identity;
    const id = client_claim === undefined ? (payload.client_id ?? payload.azp) : payload[client_claim];
    if (typeof id === 'string' && CLIENT_ID.test(id) && id !== CONFORMANCE_CLIENT) return id;
    const claim = client_claim ?? 'client_id (or azp)';
    throw new TokenRefused(`its claim ${claim} is missing, or is no client id: 1 to 64 letters, digits, dots, underscores and hyphens`);
  }
}

/** A token may say any number. */
function endOf({ exp = 0 }: JWTPayload): string {
  return new Date(Math.min(exp * 1000, LAST_MS)).toISOString();
}

/** Words for what jose found. Its own name claims, and may name values. */
function refuse(error: unknown): never {
  if (!(error instanceof errors.JOSEError)) throw error;
  if (error instanceof errors.JWTExpired) throw new TokenRefused('it has expired');
  if (error instanceof errors.JWTClaimValidationFailed) throw new TokenRefused(`its claim ${claimOf(error)} is not what is asked for here`);
  if (error instanceof errors.JWKSNoMatchingKey) throw new TokenRefused('its issuer has no such key');
  if (error instanceof errors.JOSEAlgNotAllowed) throw new TokenRefused('its signature is of a kind that is not taken here');
  if (error instanceof errors.JWSSignatureVerificationFailed) throw new TokenRefused('its signature is not that of its issuer');
  throw new TokenRefused('it is no signed JSON Web Token that can be read');
}

/** One of those that are checked; never the sender's own word. */
function claimOf({ claim }: errors.JWTClaimValidationFailed): string {
  return ['iss', 'aud', 'exp', 'nbf', 'iat'].includes(claim) ? claim : 'set';
}
