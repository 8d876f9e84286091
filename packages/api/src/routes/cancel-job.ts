import { viewJob } from '../job-view.ts';
import { Problem } from '../middleware/problem.ts';
import { tell } from '../telling.ts';
import { JOB_ID_PARAMETER, ownJob } from './read-job.ts';
import type { Route } from './route.ts';
import { ref } from './route-schema.ts';

/**
 * What waits is dropped by the worker that receives it; what runs is stopped when its worker looks at the record again, and its end is
 * conditional on the record, so that nothing of it is ever listed.
 */
export const cancelJob: Route = {
  method: 'DELETE',
  url: '/jobs/:job_id',
  access: 'client',
  part: 'router',
  schema: {
    operationId: 'cancelJob',
    tag: 'jobs',
    summary: 'Cancels the job; a second time changes nothing.',
    params: { job_id: JOB_ID_PARAMETER },
    answers: { 200: { description: 'The cancelled job.', body: ref('Job') } },
    problems: { 404: 'You have no job of this id.', 409: 'The job is over and has not been cancelled.' },
  },
  handler: (ports) => async (request, reply) => {
    const { jobs, now } = ports;
    const record = await jobs.cancel(await ownJob(jobs, request), now());
    if (record.state !== 'cancelled') throw new Problem(409, `The job is over and cannot be cancelled: it ${HOW[record.state]}.`);
    if (record.open_state === 'untold') await tell(ports, request, record, 'job.cancelled');
    return reply.header('cache-control', 'no-store').send(viewJob(record));
  },
};

const HOW: Readonly<Record<string, string>> = { succeeded: 'succeeded', failed: 'failed', dead: 'was given up after its last attempt' };
