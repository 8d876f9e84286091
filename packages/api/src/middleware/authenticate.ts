import type { Client } from '@mip/registry';
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { Ports } from '../ports.ts';
import { Problem } from './problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent the request; null on routes that are open to everybody. */
    client: Client | null;
    /** The key of the job that the request is about, for the log; null until it is known. */
    jobKey: string | null;
  }
}

/** Lets a request pass that carries a valid client key; otherwise 401, before its body is read. */
export function authenticate(clients: Ports['clients']): onRequestAsyncHookHandler {
  return async (request) => {
    const key = request.headers['x-api-key'];
    const client = typeof key === 'string' ? await clients.find(key) : undefined;
    if (!client) {
      const detail = key === undefined ? 'Send your client key in the header x-api-key.' : 'This client key is not valid.';
      throw new Problem(401, detail, { headers: { 'www-authenticate': 'ApiKey header="x-api-key"' } });
    }
    request.client = client;
  };
}

/** The client of a request that `authenticate` let pass. @throws {Error} on a route without it: a mistake in the table of routes. */
export function clientOf(request: FastifyRequest): Client {
  if (!request.client) throw new Error(`${request.routeOptions.url} asks for the client but is open to everybody`);
  return request.client;
}
