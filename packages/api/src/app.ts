/** The API as a table: what it answers to and who may ask. `server.ts` is what every request goes through. */
import type { FastifyInstance } from 'fastify';
import type { AdminPorts, AllPorts, Ports } from './ports.ts';
import { ADMIN_ROUTES } from './routes/admin.ts';
import type { Part, Route } from './routes/route.ts';
import { ROUTER_ROUTES } from './routes/router.ts';
import { type ServerOptions, serve } from './server.ts';

/** All of it; each Lambda has the routes of its part alone. */
export const ROUTES: readonly Route<AllPorts>[] = [...ROUTER_ROUTES, ...ADMIN_ROUTES];

export interface AppOptions extends ServerOptions {
  /** One part of the API; all of it by default. */
  readonly part?: Part;
}

/** The API over its ports, without a socket: a Lambda, a server or a test puts requests into it. */
export function createApp(ports: AllPorts, options: AppOptions & { readonly part?: never }): FastifyInstance;
export function createApp(ports: Ports, options: AppOptions & { readonly part: 'router' }): FastifyInstance;
export function createApp(ports: AdminPorts, options: AppOptions & { readonly part: 'admin' }): FastifyInstance;
export function createApp(ports: Ports | AdminPorts, { part, ...options }: AppOptions): FastifyInstance {
  const routes = ROUTES.filter((route) => part === undefined || route.part === part);
  return serve(ports as AllPorts, routes, options); // the signatures above: the ports are those of the part
}
