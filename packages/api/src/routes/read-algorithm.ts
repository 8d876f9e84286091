import { ALGORITHM_NAME, isAlgorithmName } from '@mip/registry/names';
import { viewAlgorithm } from '../algorithm-view.ts';
import { Problem } from '../middleware/problem.ts';
import type { AdminPorts } from '../ports.ts';
import type { Route } from './route.ts';
import { type Parameter, ref } from './route-schema.ts';

export const NAME: Parameter = {
  description: "The algorithm's name.",
  schema: { type: 'string', minLength: 2, maxLength: 36, pattern: ALGORITHM_NAME.source },
};

export const readAlgorithm: Route<AdminPorts> = {
  method: 'GET',
  url: '/algorithms/:name',
  access: 'reader',
  part: 'admin',
  schema: {
    operationId: 'readAlgorithm',
    tag: 'algorithms',
    summary: 'One algorithm: what it takes, what it makes, and whether it runs.',
    params: { name: NAME },
    answers: { 200: { description: 'The algorithm; the administrator sees the whole row.', body: ref('Algorithm') } },
    problems: { 404: 'There is no algorithm of this name.' },
  },
  handler:
    ({ registry }) =>
    async (request, reply) => {
      const { name } = request.params as { name: string };
      const row = isAlgorithmName(name) ? await registry.get(name) : undefined;
      if (!row) throw new Problem(404, 'There is no algorithm of this name.');
      return reply.header('cache-control', 'no-store').send(viewAlgorithm(row, request.client === null));
    },
};
