import type { RouteHandlerMethod } from 'fastify';
import type { Ports } from '../ports.ts';

/** One row of the API: `app.ts` is the table. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** A pattern, as `/jobs/:job_id`; the log names requests by it. */
  readonly url: string;
  /** `client`: a valid client key is needed, and the handler may ask whose it is. */
  readonly access: 'everybody' | 'client';
  handler(ports: Ports): RouteHandlerMethod;
}
