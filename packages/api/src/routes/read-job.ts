import type { JobRecord } from '@mip/registry';
import type { FastifyRequest } from 'fastify';
import { viewJob } from '../job-view.ts';
import { clientOf } from '../middleware/authenticate.ts';
import { Problem } from '../middleware/problem.ts';
import { tellJob } from '../middleware/trace.ts';
import type { Ports } from '../ports.ts';
import type { Route } from './route.ts';
import { type Parameter, ref } from './route-schema.ts';

export const JOB_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const JOB_ID_PARAMETER: Parameter = {
  description: 'Your id of the job.',
  schema: { type: 'string', minLength: 1, maxLength: 64, pattern: JOB_ID.source },
};

export const readJob: Route = {
  method: 'GET',
  url: '/jobs/:job_id',
  access: 'client',
  part: 'router',
  schema: {
    operationId: 'readJob',
    tag: 'jobs',
    summary: 'The job as it is now.',
    params: { job_id: JOB_ID_PARAMETER },
    answers: { 200: { description: 'The job.', body: ref('Job') } },
    problems: { 404: 'You have no job of this id.' },
  },
  handler: ({ jobs }) => {
    return async (request, reply) => reply.header('cache-control', 'no-store').send(viewJob(await ownJob(jobs, request)));
  },
};

/** The job that the path names among those of the request's client. @throws {Problem} 404, also for the jobs of others. */
export async function ownJob(jobs: Ports['jobs'], request: FastifyRequest): Promise<JobRecord> {
  const { job_id } = request.params as { job_id: string };
  const { client_id } = clientOf(request);
  const record = JOB_ID.test(job_id) ? await jobs.get({ client_id, job_id }) : undefined;
  if (!record) throw new Problem(404, 'You have no job of this id.');
  tellJob(request, record);
  return record;
}
