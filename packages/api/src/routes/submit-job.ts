import { compileSchema } from '@mip/catalog/schemas';
import { isOpen, type JobMessage, type JobRecord, type JobRequest, jobKey, requestDigest } from '@mip/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Admitted, admit, normalise, parseTarget, type Target, unstorable } from '../admission.ts';
import { jobPath, viewJob } from '../job-view.ts';
import { clientOf } from '../middleware/authenticate.ts';
import { errorSummary } from '../middleware/log.ts';
import { Problem } from '../middleware/problem.ts';
import type { Ports } from '../ports.ts';
import type { Route } from './route.ts';
import { tidyUids } from './tidy-uids.ts';

/** validate → record → message → queued. The record comes first: a request that dies in between is completed by its repeat. */
const validate = compileSchema<JobRequest>('job-request');

export const submitJob: Route = {
  method: 'POST',
  url: '/process/:name',
  access: 'client',
  handler: (ports) => async (request, reply) => {
    const target = parseTarget((request.params as { name: string }).name);
    const { client_id: clientId } = clientOf(request);
    tidyUids(request.body);
    const faults = [...validate(request.body).faults, ...unstorable(request.body)];
    const entry = await ports.registry.get(target.name);
    try {
      const admitted = admit({ target, entry, clientId, body: request.body, faults });
      return sendJob(reply, await submit(ports, request, draft(target, clientId, admitted, ports.now()), admitted.entry.queue_url));
    } catch (problem) {
      // A job that was accepted once stays known under its id, whatever has become of its algorithm meanwhile.
      const known = problem instanceof Problem && faults.length === 0 ? await repeated(ports, target, clientId, request) : undefined;
      if (!known) throw problem;
      return sendJob(reply, known);
    }
  },
};

function draft(target: Target, clientId: string, { entry, request, parameters }: Admitted, now: Date): JobRecord {
  const at = now.toISOString();
  const identity = { client_id: clientId, job_id: request.job_id };
  return {
    ...identity,
    job_key: jobKey(identity),
    algorithm: entry.algorithm_name,
    version: entry.version,
    state: 'accepted',
    open_state: 'accepted',
    purpose: 'clinical',
    attempts: 0,
    delivery: 1,
    request_digest: requestDigest(normalise(target, request)),
    pacs: request.pacs,
    parameters,
    accepted_at: at,
    updated_at: at,
  };
}

/** @throws {Problem} 409 when the client already has another job of that id. */
async function submit(ports: Ports, request: FastifyRequest, wanted: JobRecord, queueUrl: string): Promise<JobRecord> {
  request.jobKey = wanted.job_key;
  const { record } = await ports.jobs.accept(wanted);
  if (record.request_digest !== wanted.request_digest)
    throw new Problem(409, 'You have another job of this id: its algorithm, images or parameters differ. Choose a new job_id.');
  if (record.state !== 'accepted') return record;
  await ports.requests.send(queueUrl, messageOf(record));
  return ports.jobs.markQueued(record, ports.now()).catch((error: unknown) => {
    // The message is sent, so the job will run and its worker will move the record on.
    request.log.warn({ error: errorSummary(error) }, 'the job is on its queue, but its record still says accepted');
    return record;
  });
}

async function repeated(ports: Ports, target: Target, clientId: string, request: FastifyRequest): Promise<JobRecord | undefined> {
  const body = request.body as JobRequest;
  const record = await ports.jobs.get({ client_id: clientId, job_id: body.job_id });
  if (record?.request_digest !== requestDigest(normalise(target, body))) return undefined;
  request.jobKey = record.job_key;
  return record;
}

/** From the record, so that a repeat sends what the first time would have sent. */
function messageOf(record: JobRecord): JobMessage {
  const { job_key, client_id, job_id, algorithm, version, delivery, purpose, pacs, parameters, accepted_at } = record;
  return { schema: 'job-message/1', job_key, client_id, job_id, algorithm, version, delivery, purpose, pacs, parameters, accepted_at };
}

/** 202 while there is something to wait for, 200 once it is over. */
function sendJob(reply: FastifyReply, record: JobRecord): FastifyReply {
  return reply
    .code(isOpen(record.state) ? 202 : 200)
    .headers({ location: jobPath(record.job_id), 'cache-control': 'no-store' })
    .send(viewJob(record));
}
