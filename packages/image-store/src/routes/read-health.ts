import type { Route } from './route.ts';

/** For the load balancer: the process answers. */
export const readHealth: Route = {
  method: 'GET',
  url: '/health',
  access: 'everybody',
  handler: () => async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'healthy', timestamp: new Date().toISOString() }),
};
