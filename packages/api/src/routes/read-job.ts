import { type JobRecord, jobKey } from '@mip/registry';
import type { FastifyRequest } from 'fastify';
import { viewJob } from '../job-view.ts';
import { clientOf } from '../middleware/authenticate.ts';
import { Problem } from '../middleware/problem.ts';
import type { Ports } from '../ports.ts';
import type { Route } from './route.ts';

export const readJob: Route = {
  method: 'GET',
  url: '/jobs/:job_id',
  access: 'client',
  handler: ({ jobs }) => {
    return async (request, reply) => reply.header('cache-control', 'no-store').send(viewJob(await ownJob(jobs, request)));
  },
};

const JOB_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The job that the path names among those of the request's client. @throws {Problem} 404, also for the jobs of others. */
export async function ownJob(jobs: Ports['jobs'], request: FastifyRequest): Promise<JobRecord> {
  const { job_id } = request.params as { job_id: string };
  const { client_id } = clientOf(request);
  const record = JOB_ID.test(job_id) ? await jobs.get({ client_id, job_id }) : undefined;
  if (!record) throw new Problem(404, 'You have no job of this id.');
  request.jobKey = jobKey(record);
  return record;
}
