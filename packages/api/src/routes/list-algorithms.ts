import { viewAlgorithm } from '../algorithm-view.ts';
import type { AdminPorts } from '../ports.ts';
import { CURSOR, LIMIT, readCursor, writeCursor } from './cursor.ts';
import { queryOf } from './query.ts';
import type { Route } from './route.ts';
import { type RouteSchema, ref } from './route-schema.ts';

/** What a cursor holds: the name of the last row that was read. */
const PARTS = [/^[a-z0-9-]{1,64}$/];

const schema: RouteSchema = {
  operationId: 'listAlgorithms',
  tag: 'algorithms',
  summary: 'The algorithms of the platform.',
  description:
    'In the order of the table, which is none that means anything but stays the same from page to page. One page is one read of at most 1 MB, however many algorithms there are. With a filter a page may hold fewer than `limit`, even none, while there are more: go on as long as there is a `next`.',
  query: {
    status: { description: 'Those of this status only.', schema: { type: 'string', enum: ['active', 'inactive', 'failed'] } },
    type: { description: 'Those of this type only.', schema: { type: 'string', enum: ['python', 'openmp'] } },
    limit: LIMIT('algorithms'),
    cursor: CURSOR,
  },
  answers: { 200: { description: 'A page of algorithms; the administrator sees the whole rows.', body: ref('AlgorithmList') } },
};

export const listAlgorithms: Route<AdminPorts> = {
  method: 'GET',
  url: '/algorithms',
  access: 'reader',
  part: 'admin',
  schema,
  handler:
    ({ registry }) =>
    async (request, reply) => {
      const { status, type, limit = '20', cursor } = queryOf(request, schema);
      const [after] = cursor === undefined ? [] : readCursor(cursor, PARTS);
      const page = await registry.page({
        limit: Number(limit),
        ...(status !== undefined && { status }),
        ...(type !== undefined && { type }),
        ...(after !== undefined && { after }),
      });
      const algorithms = page.rows.map((row) => viewAlgorithm(row, request.client === null));
      const next = page.next && writeCursor([page.next]);
      return reply.header('cache-control', 'no-store').send({ algorithms, ...(next && { next }) });
    },
};
