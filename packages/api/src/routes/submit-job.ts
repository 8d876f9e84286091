import { checkJobRequest } from '@mip/catalog/job-request';
import { isOpen, type JobRecord, type JobRequest, type RegistryEntry, requestDigest } from '@mip/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { admit, type Candidate, parseTarget, type Target, unstorable } from '../admission.ts';
import { jobPath, viewJob } from '../job-view.ts';
import { lookInTime } from '../look/images.ts';
import type { Uids } from '../look/look.ts';
import { clientOf } from '../middleware/authenticate.ts';
import { errorSummary } from '../middleware/log.ts';
import { Problem } from '../middleware/problem.ts';
import type { Ports } from '../ports.ts';
import { draftJob, messageOf, normalise } from '../submission.ts';
import { readBody } from './request-body.ts';
import type { Route } from './route.ts';

/** Pointers of faults that leave open which images are meant. */
const UIDS = /^(\/pacs(\/.*)?)?$/;

/** validate → record → message → queued. The record comes first: a request that dies in between is completed by its repeat. */
export const submitJob: Route = {
  method: 'POST',
  url: '/process/:name',
  access: 'client',
  handler: (ports) => async (request, reply) => {
    const target = parseTarget((request.params as { name: string }).name);
    const { client_id: clientId } = clientOf(request);
    const body = readBody(request);
    const faults = [...checkJobRequest(body).faults, ...unstorable(body)];
    const { entry, look } = await seen(ports, request, target, { body, faults });
    const verdict = admit({ target, entry, clientId, body, faults, images: ports.images, look });
    if (!(verdict instanceof Problem))
      return sendJob(reply, await submit(ports, request, draftJob(target, clientId, verdict, ports.now()), verdict.entry));
    // A job that was accepted once stays known under its id, whatever has become of its algorithm or its images meanwhile.
    const known = faults.length === 0 && verdict.status !== 403 ? await repeated(ports, target, clientId, request) : undefined;
    if (!known) throw verdict;
    return sendJob(reply, entry?.status === 'active' ? await putOnQueue(ports, request, known, entry) : known);
  },
};

/** The algorithm's row and the images, at the same time. */
async function seen(ports: Ports, request: FastifyRequest, target: Target, given: Pick<Candidate, 'body' | 'faults'>) {
  const asked = askedFor(given, ports);
  const unneeded = new AbortController();
  const look = asked && lookInTime(ports.images, asked.source, asked.uids, { log: request.log, more: unneeded.signal });
  try {
    const entry = await ports.registry.get(target.name);
    return { entry, look: entry && (await look) };
  } finally {
    unneeded.abort();
  }
}

/** Which images are meant; nothing where the body does not say so, or names no PACS of the platform. */
function askedFor({ body, faults }: Pick<Candidate, 'body' | 'faults'>, { images }: Ports): { source: string; uids: Uids } | undefined {
  if (faults.some(({ pointer }) => UIDS.test(pointer))) return undefined;
  const { source = images.defaultName, ...uids } = (body as JobRequest).pacs;
  return images.names.includes(source) ? { source, uids } : undefined;
}

/** @throws {Problem} 409 when the client already has another job of that id. */
async function submit(ports: Ports, request: FastifyRequest, wanted: JobRecord, entry: RegistryEntry): Promise<JobRecord> {
  request.jobKey = wanted.job_key;
  const { record } = await ports.jobs.accept(wanted);
  if (record.request_digest !== wanted.request_digest)
    throw new Problem(409, 'You have another job of this id: its algorithm, images or parameters differ. Choose a new job_id.');
  return putOnQueue(ports, request, record, entry);
}

/** A job that is past that is left as it is. */
async function putOnQueue(ports: Ports, request: FastifyRequest, record: JobRecord, entry: RegistryEntry): Promise<JobRecord> {
  if (record.state !== 'accepted') return record;
  await ports.requests.send(entry.queue_url, messageOf(record));
  return ports.jobs.markQueued(record, ports.now()).catch((error: unknown) => {
    // The message is sent, so the job will run and its worker will move the record on.
    request.log.warn({ error: errorSummary(error) }, 'the job is on its queue, but its record still says accepted');
    return record;
  });
}

async function repeated(ports: Ports, target: Target, clientId: string, request: FastifyRequest): Promise<JobRecord | undefined> {
  const body = request.body as JobRequest;
  const record = await ports.jobs.get({ client_id: clientId, job_id: body.job_id });
  if (record?.request_digest !== requestDigest(normalise(target, body, ports.images.defaultName))) return undefined;
  request.jobKey = record.job_key;
  return record;
}

/** 202 while there is something to wait for, 200 once it is over. */
function sendJob(reply: FastifyReply, record: JobRecord): FastifyReply {
  return reply
    .code(isOpen(record.state) ? 202 : 200)
    .headers({ location: jobPath(record.job_id), 'cache-control': 'no-store' })
    .send(viewJob(record));
}
