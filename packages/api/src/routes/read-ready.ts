import { newClientKey } from '@mip/registry/clients';
import type { Ports } from '../ports.ts';
import type { Route } from './route.ts';
import { ref } from './route-schema.ts';

type Look = (ports: Ports) => Promise<unknown>;

/** The parts without which no request is answered, each looked at with one read of something that cannot be there. */
const PARTS: Readonly<Record<string, Look>> = {
  clients: ({ clients }) => clients.find(newClientKey()), // what is no key is not looked up
  registry: ({ registry }) => registry.get('-'),
  jobs: ({ jobs }) => jobs.get({ client_id: '-', job_id: '-' }),
};

/** Whether the API can answer requests: 200, or 503 where a part does not answer. Never says why: whoever may know reads the log. */
export const readReady: Route = {
  method: 'GET',
  url: '/health/ready',
  access: 'everybody',
  part: 'router',
  schema: {
    operationId: 'readReady',
    tag: 'platform',
    summary: 'Whether the API can answer requests: it looks at the parts behind it.',
    answers: {
      200: { description: 'All parts answer.', body: ref('Ready') },
      503: { description: 'A part does not; which one.', body: ref('Ready') },
    },
  },
  handler: (ports) => {
    return async (request, reply) => {
      const looked = Object.entries(PARTS).map(async ([part, look]) => {
        const error = await look(ports).then(
          () => undefined,
          (fault: Error) => fault,
        );
        if (error) request.log.warn({ part, error: error.name }, 'a part is not available');
        return [part, error ? 'unavailable' : 'ready'] as const;
      });
      const parts = Object.fromEntries(await Promise.all(looked));
      const ready = Object.values(parts).every((state) => state === 'ready');
      const timestamp = ports.now().toISOString().replace(/\.\d+/, '');
      return reply
        .code(ready ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ status: ready ? 'ready' : 'unavailable', timestamp, parts });
    };
  },
};
