import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { TokenRefused } from '@mip/registry/identity/tokens';
import type { onRequestAsyncHookHandler } from 'fastify';
import type { Context } from '../ports.ts';
import { Problem } from './problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The client's id, or `workers`; null on routes that are open to everybody. */
    caller: string | null;
  }
}

/** What requests are held against. */
type Doors = Pick<Context, 'clients' | 'workersKey' | 'tokens'>;

/** No client can have this id as its own: ids of clients have no colon. */
const WORKERS = 'mip:workers';
const HOW = 'Send your client key as the header x-api-key, as a bearer token, or as the password of HTTP Basic';
const OR_TOKEN = ", or an access token of the platform's issuer as Authorization: Bearer";
const BASIC = 'Basic realm="dicomweb", charset="UTF-8"';
/** How every client's key begins, and no JSON Web Token: that begins with a brace in base64url. */
const KEY = /^mip_/;

/** Lets a request pass that carries a valid key or, where the platform has an issuer, one of its tokens; otherwise 401, before its body is read. */
export function authenticate(doors: Doors): onRequestAsyncHookHandler {
  return async (request) => {
    request.caller = await callerOf(request.headers, doors);
  };
}

async function callerOf(headers: IncomingHttpHeaders, { clients, workersKey, tokens }: Doors): Promise<string> {
  const key = keyOf(headers);
  if (key !== undefined && workersKey !== '' && equal(key, workersKey)) return WORKERS;
  if (tokens && hasToken(headers, key)) return byToken(tokens, headers.authorization ?? '');
  const client = key === undefined ? undefined : await clients.find(key);
  if (client) return client.client_id;
  const how = `${HOW}${tokens ? OR_TOKEN : ''}.`;
  throw new Problem(401, key === undefined ? how : `This key is not valid. ${how}`, {
    headers: { 'www-authenticate': tokens ? `${BASIC}, Bearer` : BASIC },
  });
}

/** Viewers and PACSs can send one of these and seldom the others. */
function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const own = headers['x-api-key'];
  if (typeof own === 'string') return own;
  const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme === '') return undefined;
  const credentials = Buffer.from(value, 'base64').toString();
  return credentials.slice(credentials.indexOf(':') + 1);
}

/** A key is looked at first, and alone: whatever else comes as a bearer has to be a token. */
function hasToken(headers: IncomingHttpHeaders, key = ''): boolean {
  return headers['x-api-key'] === undefined && /^bearer( |$)/i.test(headers.authorization ?? '') && !KEY.test(key);
}

async function byToken(tokens: NonNullable<Doors['tokens']>, authorization: string): Promise<string> {
  try {
    return (await tokens.ofHeader(authorization)).client_id;
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    throw new Problem(401, error.detail, { headers: { 'www-authenticate': error.challenge } });
  }
}

/** In a time that tells nothing about either. */
function equal(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
