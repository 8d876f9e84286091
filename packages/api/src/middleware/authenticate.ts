import type { Client } from '@mip/registry';
import { TokenRefused } from '@mip/registry/identity/tokens';
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { AdminPorts, Ports } from '../ports.ts';
import type { Access } from '../routes/route.ts';
import { Problem } from './problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent the request; null on routes that are open to everybody, and for the administrator. */
    client: Client | null;
    /** The key of the job that the request is about, for the log; null until it is known. */
    jobKey: string | null;
    /** The trace of that job, for the log. */
    traceId: string | null;
  }
}

/** What keys are held against: a part without routes for the administrator has none of theirs. */
export type KeyPorts = Pick<Ports, 'clients' | 'now'> &
  Partial<Pick<Ports, 'tokens' | 'limits' | 'rates'>> &
  Partial<Pick<AdminPorts, 'adminKeys'>>;

/** What a route's access asks of each request, before its body is read: 401 where it has no key, or one that does not hold. */
export function authenticate(access: Exclude<Access, 'everybody'>, ports: KeyPorts): onRequestAsyncHookHandler {
  const { adminKeys } = ports;
  const asClient = clientCheck(ports);
  if (access === 'client') return asClient;
  if (!adminKeys) throw new Error(`a route is for ${access}, but there are no keys of an administrator to hold its requests against`);
  const asAdmin = adminCheck(adminKeys);
  if (access === 'admin') return asAdmin;
  return function either(request, reply) {
    const check = request.headers['x-admin-key'] === undefined ? asClient : asAdmin;
    return check.call(this, request, reply);
  };
}

/**
 * A client key, or, where the platform has an issuer, one of its tokens. A key is looked at first, and alone. Who it is stays with the request.
 */
function clientCheck({ clients, tokens }: Pick<KeyPorts, 'clients' | 'tokens'>): onRequestAsyncHookHandler {
  return async (request) => {
    const { 'x-api-key': key, authorization } = request.headers;
    if (key === undefined && authorization !== undefined && tokens) {
      request.client = await bearer(tokens, authorization);
      return;
    }
    const client = typeof key === 'string' ? await clients.find(key) : undefined;
    if (!client)
      throw refusal('x-api-key', key === undefined ? 'Send your client key in the header' : 'This client key is not valid', tokens);
    request.client = client;
  };
}

async function bearer(tokens: NonNullable<Ports['tokens']>, authorization: string): Promise<Client> {
  try {
    return await tokens.ofHeader(authorization);
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    throw new Problem(401, error.detail, { headers: { 'www-authenticate': error.challenge } });
  }
}

function adminCheck(keys: AdminPorts['adminKeys']): onRequestAsyncHookHandler {
  return async (request) => {
    const key = request.headers['x-admin-key'];
    if (typeof key === 'string' && (await keys.hold(key))) return;
    throw refusal('x-admin-key', key === undefined ? 'Send the admin key in the header' : 'This admin key is not valid');
  };
}

/** @param tokens where a token would do as well. */
function refusal(header: string, words: string, tokens?: Ports['tokens']): Problem {
  const or = tokens ? ', or a token as Authorization: Bearer' : '';
  return new Problem(401, words.endsWith('valid') ? `${words}.` : `${words} ${header}${or}.`, {
    headers: { 'www-authenticate': `ApiKey header="${header}"${tokens ? ', Bearer' : ''}` },
  });
}

/** The client of a request that `authenticate` let pass. @throws {Error} on a route without it: a mistake in the table of routes. */
export function clientOf(request: FastifyRequest): Client {
  if (!request.client) throw new Error(`${request.routeOptions.url} asks for the client but is open to others`);
  return request.client;
}
