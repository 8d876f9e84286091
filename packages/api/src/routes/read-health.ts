import type { Route } from './route.ts';

/** Whether the API answers; it looks at nothing else. */
export const readHealth: Route = {
  method: 'GET',
  url: '/health',
  access: 'everybody',
  handler: ({ now }) => {
    return async (_request, reply) => {
      const timestamp = now().toISOString().replace(/\.\d+/, '');
      return reply.header('cache-control', 'no-store').send({ status: 'healthy', timestamp });
    };
  },
};
