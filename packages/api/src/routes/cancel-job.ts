import { viewJob } from '../job-view.ts';
import { Problem } from '../middleware/problem.ts';
import { ownJob } from './read-job.ts';
import type { Route } from './route.ts';

/**
 * What waits is dropped by the worker that receives it; what runs is stopped when its worker looks at the record again, and its end is
 * conditional on the record, so that nothing of it is ever listed.
 */
export const cancelJob: Route = {
  method: 'DELETE',
  url: '/jobs/:job_id',
  access: 'client',
  handler:
    ({ jobs, now }) =>
    async (request, reply) => {
      const record = await jobs.cancel(await ownJob(jobs, request), now());
      if (record.state !== 'cancelled') throw new Problem(409, `The job is over and cannot be cancelled: it ${HOW[record.state]}.`);
      return reply.header('cache-control', 'no-store').send(viewJob(record));
    },
};

const HOW: Readonly<Record<string, string>> = { succeeded: 'succeeded', failed: 'failed', dead: 'was given up after its last attempt' };
