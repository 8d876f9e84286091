import type { Route } from './route.ts';
import { ref } from './route-schema.ts';

/** Whether the API answers; it looks at nothing else. */
export const readHealth: Route = {
  method: 'GET',
  url: '/health',
  access: 'everybody',
  part: 'router',
  schema: {
    operationId: 'readHealth',
    tag: 'platform',
    summary: 'Whether the API answers.',
    answers: { 200: { description: 'It does.', body: ref('Health') } },
  },
  handler: ({ now }) => {
    return async (_request, reply) => {
      const timestamp = now().toISOString().replace(/\.\d+/, '');
      return reply.header('cache-control', 'no-store').send({ status: 'healthy', timestamp });
    };
  },
};
