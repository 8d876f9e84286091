import type { AdministrationPorts } from '../administration/ports.ts';
import { CHANGE_ANSWER, ETAG } from './change-answer.ts';
import { NAME } from './read-algorithm.ts';
import type { Route } from './route.ts';
import { ref } from './route-schema.ts';

export const changeAlgorithm: Route<AdministrationPorts> = {
  method: 'PATCH',
  url: '/algorithms/:name',
  access: 'admin',
  part: 'admin',
  schema: {
    operationId: 'changeAlgorithm',
    tag: 'algorithms',
    summary: 'Changes an entry of the catalog, and nothing else of its file: comments and order stay.',
    description:
      'A JSON merge patch (RFC 7396) on the entry: a member replaces, null removes. Pointers of faults are those of the entry that would come of it. What breaks callers needs a new major version in the same patch. With `If-Match` it is made only to the file that has that ETag; without, to the file as it is.',
    params: { name: NAME },
    body: {
      description: 'What becomes of the entry’s fields.',
      mediaTypes: ['application/merge-patch+json', 'application/json'],
      schema: { type: 'object', description: 'A JSON merge patch of an AlgorithmEntry.' },
    },
    answers: {
      200: { description: 'The entry says so already: nothing is proposed.', body: ref('CatalogChange'), headers: { etag: ETAG } },
      202: CHANGE_ANSWER,
    },
    problems: {
      404: 'There is no algorithm of this name in the catalog.',
      409: 'The entry has a fault that has to be mended in its file first, or others keep changing it.',
      412: 'The file is not the one of `If-Match`.',
      422: 'Fields would be at fault; all of them are listed.',
    },
  },
  handler: (ports) => async (request, reply) => (await import('../administration/modify.ts')).modify(ports, request, reply),
};
