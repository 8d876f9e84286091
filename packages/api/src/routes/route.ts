import type { RouteHandlerMethod } from 'fastify';
import type { Ports } from '../ports.ts';
import type { RouteSchema } from './route-schema.ts';

/**
 * Who may ask. `client`: with a valid client key, and the handler may ask whose it is. `admin`: with the admin key.
 * `reader`: with either; the handler asks which it was by `request.client`, which is null for the administrator.
 */
export type Access = 'everybody' | 'client' | 'admin' | 'reader';

/** The Lambda that serves a route: the router has clients' jobs, the other one the catalog. */
export type Part = 'router' | 'admin';

/** One row of the API: `app.ts` is the table. `P` is what it needs from outside. */
export interface Route<P = Ports> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** A pattern, as `/jobs/:job_id`; the log names requests by it. */
  readonly url: string;
  readonly access: Access;
  readonly part: Part;
  /** What the OpenAPI document says of it. Requests are validated by the handler, in its own words. */
  readonly schema: RouteSchema;
  readonly handler: (ports: P) => RouteHandlerMethod;
}
