import { viewJob } from '../job-view.ts';
import { clientOf } from '../middleware/authenticate.ts';
import { CURSOR, LIMIT, readCursor, writeCursor } from './cursor.ts';
import { queryOf } from './query.ts';
import { JOB_ID } from './read-job.ts';
import type { Route } from './route.ts';
import { type RouteSchema, ref } from './route-schema.ts';

const TIME = '[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,3})?Z';
/** What a cursor holds: when the last job of the page was accepted, and its id. */
const PARTS = [/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{12}Z$/, JOB_ID];

const schema: RouteSchema = {
  operationId: 'listJobs',
  tag: 'jobs',
  summary: 'Your jobs, the newest first.',
  description:
    'One page is one read of at most 1 MB. With a filter a page may hold fewer jobs than `limit`, even none, while there are more: go on as long as there is a `next`. A job that was accepted a moment ago may not be listed yet; `GET /jobs/{job_id}` knows it at once.',
  query: {
    algorithm: {
      description: 'Jobs of this algorithm only.',
      schema: { type: 'string', pattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' },
    },
    state: {
      description: 'Jobs in this state only.',
      schema: { type: 'string', enum: ['accepted', 'queued', 'running', 'succeeded', 'failed', 'cancelled', 'dead'] },
    },
    since: {
      description: 'Jobs accepted at this time or later, as 2024-01-31T10:00:00Z.',
      schema: { type: 'string', pattern: `^${TIME}$` },
    },
    limit: LIMIT('jobs'),
    cursor: CURSOR,
  },
  answers: { 200: { description: 'A page of jobs.', body: ref('JobList') } },
};

/** The index `by-client` is asked with the client of the key, whatever a cursor says. */
export const listJobs: Route = {
  method: 'GET',
  url: '/jobs',
  access: 'client',
  part: 'router',
  schema,
  handler:
    ({ jobs }) =>
    async (request, reply) => {
      const { algorithm, state, since, limit = '20', cursor } = queryOf(request, schema);
      const [accepted_at = '', job_id = ''] = cursor === undefined ? [] : readCursor(cursor, PARTS);
      const page = await jobs.page(clientOf(request).client_id, {
        limit: Number(limit),
        ...(algorithm !== undefined && { algorithm }),
        ...(state !== undefined && { state }),
        ...(since !== undefined && { since: new Date(since) }),
        ...(cursor !== undefined && { after: { accepted_at, job_id } }),
      });
      const next = page.next && writeCursor([page.next.accepted_at, page.next.job_id]);
      return reply.header('cache-control', 'no-store').send({ jobs: page.records.map(viewJob), ...(next && { next }) });
    },
};
