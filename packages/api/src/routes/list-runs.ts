import type { AdministrationPorts } from '../administration/ports.ts';
import { CURSOR, LIMIT, readCursor, writeCursor } from './cursor.ts';
import { queryOf } from './query.ts';
import type { Route } from './route.ts';
import { type RouteSchema, ref } from './route-schema.ts';

/** What a cursor holds: where the page before ended. */
const PARTS = [/^[0-9TZ:.-]{24}-[0-9a-f]{12}$/];

const schema: RouteSchema = {
  operationId: 'listRuns',
  tag: 'platform',
  summary: 'The runs of reconcile that changed the platform, the newest first.',
  description: 'A page may be short, even empty, while there are older ones: go on as long as there is a `next`.',
  query: { limit: LIMIT('runs'), cursor: CURSOR },
  answers: { 200: { description: 'A page of runs.', body: ref('RunList') } },
};

export const listRuns: Route<AdministrationPorts> = {
  method: 'GET',
  url: '/runs',
  access: 'admin',
  part: 'admin',
  schema,
  handler:
    ({ runs }) =>
    async (request, reply) => {
      const { limit = '20', cursor } = queryOf(request, schema);
      const [before] = cursor === undefined ? [] : readCursor(cursor, PARTS);
      const page = await runs.page({ limit: Number(limit), before });
      return reply.header('cache-control', 'no-store').send({ runs: page.runs, ...(page.next && { next: writeCursor([page.next]) }) });
    },
};
