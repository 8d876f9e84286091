import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { Context } from '../ports.ts';
import { Problem } from './problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The client's id, or `workers`; null on routes that are open to everybody. */
    caller: string | null;
  }
}

/** No client can have this id as its own: ids of clients have no colon. */
const WORKERS = 'mip:workers';
const HOW = 'Send your client key as the header x-api-key, as a bearer token, or as the password of HTTP Basic.';

/** Lets a request pass that carries a valid key; otherwise 401, before its body is read. */
export function authenticate({ clients, workersKey }: Pick<Context, 'clients' | 'workersKey'>): onRequestAsyncHookHandler {
  return async (request) => {
    const key = keyOf(request);
    if (key !== undefined && workersKey !== '' && equal(key, workersKey)) {
      request.caller = WORKERS;
      return;
    }
    const client = key === undefined ? undefined : await clients.find(key);
    if (!client) {
      const detail = key === undefined ? HOW : `This key is not valid. ${HOW}`;
      throw new Problem(401, detail, { headers: { 'www-authenticate': 'Basic realm="dicomweb", charset="UTF-8"' } });
    }
    request.caller = client.client_id;
  };
}

/** Viewers and PACSs can send one of these and seldom the others. */
function keyOf({ headers }: FastifyRequest): string | undefined {
  const own = headers['x-api-key'];
  if (typeof own === 'string') return own;
  const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme === '') return undefined;
  const credentials = Buffer.from(value, 'base64').toString();
  return credentials.slice(credentials.indexOf(':') + 1);
}

/** In a time that tells nothing about either. */
function equal(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
