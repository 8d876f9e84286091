import type { AdministrationPorts } from '../administration/ports.ts';
import { CHANGE_ANSWER } from './change-answer.ts';
import type { Route } from './route.ts';
import { ref } from './route-schema.ts';

export const createAlgorithm: Route<AdministrationPorts> = {
  method: 'POST',
  url: '/algorithms',
  access: 'admin',
  part: 'admin',
  schema: {
    operationId: 'createAlgorithm',
    tag: 'algorithms',
    summary: 'Registers an algorithm: proposes its entry, and the frozen contract of its version, as a change of the catalog.',
    description:
      'The body is an entry of the catalog, or what the older API took. Without a version it gets 1.0.0 or the next minor one; a tag of an image becomes its digest. What an older body does not say becomes placeholders, which the answer and the pull request name. Pointers are those of the entry.',
    body: { description: 'The entry.', schema: { anyOf: [ref('AlgorithmEntry'), ref('OlderAlgorithm')] } },
    answers: { 202: CHANGE_ANSWER },
    problems: {
      409: 'The catalog has an algorithm of this name.',
      422: 'Fields are at fault; all of them are listed.',
    },
  },
  // What judges an entry is half of the Lambda's code, and loaded with the first change.
  handler: (ports) => async (request, reply) => (await import('../administration/register.ts')).register(ports, request, reply),
};
