import { isOpen, type JobRecord } from '@mip/registry';
import { Problem } from '../middleware/problem.ts';
import type { ResultFile } from '../ports.ts';
import { ownJob } from './read-job.ts';
import type { Route } from './route.ts';

const LINK_SECONDS = 60;

/** Leads to one result file: the API never carries pixels itself. */
export const readResult: Route = {
  method: 'GET',
  url: '/jobs/:job_id/results/:file',
  access: 'client',
  handler: ({ jobs, results, now }) => {
    return async (request, reply) => {
      const { file } = request.params as { file: string };
      const { redirect = 'true' } = request.query as { redirect?: string };
      if (redirect !== 'true' && redirect !== 'false') throw new Problem(400, 'redirect is true or false.');
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
