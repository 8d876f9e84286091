import { isOpen, type JobRecord } from '@mip/registry';
import { Problem } from '../middleware/problem.ts';
import type { ResultFile } from '../ports.ts';
import { queryOf } from './query.ts';
import { JOB_ID_PARAMETER, ownJob } from './read-job.ts';
import type { Route } from './route.ts';
import { type RouteSchema, ref } from './route-schema.ts';

const LINK_SECONDS = 60;

const schema: RouteSchema = {
  operationId: 'readResult',
  tag: 'jobs',
  summary: 'Leads to one result: a link that holds for a minute and needs no key.',
  params: {
    job_id: JOB_ID_PARAMETER,
    file: { description: "The result's name, as the job lists it.", schema: { type: 'string', minLength: 1, maxLength: 64 } },
  },
  query: {
    redirect: {
      description: 'Whether to answer with a redirect or with the link as JSON.',
      schema: { type: 'string', enum: ['true', 'false'], default: 'true' },
    },
  },
  answers: {
    200: { description: 'The link, with `redirect=false`.', body: ref('ResultLink') },
    302: {
      description: 'The way to the file.',
      headers: { location: { description: 'The link.', schema: { type: 'string', format: 'uri' } } },
    },
  },
  problems: {
    404: 'You have no job of this id, or it has no result of this name.',
    409: 'The job is open: its results come when it has succeeded.',
  },
};

/** Leads to one result file: the API never carries pixels itself. */
export const readResult: Route = {
  method: 'GET',
  url: '/jobs/:job_id/results/:file',
  access: 'client',
  part: 'router',
  schema,
  handler: ({ jobs, results, now }) => {
    return async (request, reply) => {
      const { file } = request.params as { file: string };
      const { redirect = 'true' } = queryOf(request, schema);
      const found = resultOf(await ownJob(jobs, request), file);
      const expires = new Date(now().getTime() + LINK_SECONDS * 1000);
      const href = await results.link(found, LINK_SECONDS);
      reply.header('cache-control', 'no-store');
      return redirect === 'true' ? reply.redirect(href, 302) : reply.send({ href, expires_at: expires.toISOString() });
    };
  },
};

/** A file of the record's own list; the name is only ever compared. @throws {Problem} 409 while the job is open, else 404. */
function resultOf(record: JobRecord, name: string): ResultFile {
  if (isOpen(record.state)) throw new Problem(409, `The job is ${record.state}; its results come when it has succeeded.`);
  const found = record.results?.find((result) => result.name === name);
  if (found) return found;
  throw new Problem(
    404,
    record.state === 'succeeded' ? 'The job has no result of this name.' : `The job is ${record.state} and has no results.`,
  );
}
