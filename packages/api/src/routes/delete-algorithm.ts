import type { AdministrationPorts } from '../administration/ports.ts';
import { CHANGE_ANSWER } from './change-answer.ts';
import { NAME } from './read-algorithm.ts';
import type { Route } from './route.ts';

export const deleteAlgorithm: Route<AdministrationPorts> = {
  method: 'DELETE',
  url: '/algorithms/:name',
  access: 'admin',
  part: 'admin',
  schema: {
    operationId: 'deleteAlgorithm',
    tag: 'algorithms',
    summary: 'Removes an entry from the catalog. The contracts of what was released stay.',
    description: 'Once the change is applied the algorithm takes no more jobs; it goes when its queue is empty.',
    params: { name: NAME },
    answers: { 202: CHANGE_ANSWER },
    problems: {
      404: 'There is no algorithm of this name in the catalog.',
      409: 'Somebody changed the entry at the same moment.',
      412: 'The file is not the one of `If-Match`.',
    },
  },
  handler: (ports) => async (request, reply) => (await import('../administration/remove.ts')).remove(ports, request, reply),
};
