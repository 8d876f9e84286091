import { checkJobRequest } from '@mip/catalog/job-request';
import { type Client, isOpen, type JobRecord, type JobRequest, type RegistryEntry, requestDigest } from '@mip/registry';
import { errorSummary } from '@mip/registry/failures';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { admit, type Candidate, parseTarget, type Target, unstorable } from '../admission.ts';
import { jobPath, viewJob } from '../job-view.ts';
import { lookInTime } from '../look/images.ts';
import type { Uids } from '../look/look.ts';
import { clientOf } from '../middleware/authenticate.ts';
import { limitsOf } from '../middleware/limit-rate.ts';
import { Problem } from '../middleware/problem.ts';
import { tellJob, traceOf } from '../middleware/trace.ts';
import { overridingRole } from '../overrides.ts';
import type { Ports } from '../ports.ts';
import { draftJob, messageOf, normalise } from '../submission.ts';
import { tell } from '../telling.ts';
import { deprecationHeaders, queueOf, takesJobs } from '../versions.ts';
import { readBody } from './request-body.ts';
import type { Route } from './route.ts';
import { type RouteSchema, ref } from './route-schema.ts';

/** Pointers of faults that leave open which images are meant. */
const UIDS = /^(\/pacs(\/.*)?)?$/;

const LOCATION = { description: 'The path of the job.', schema: { type: 'string' } };
const DEPRECATION = {
  description: 'Since when the version that the path names is deprecated: @ and seconds since 1970, RFC 9745.',
  schema: { type: 'string', pattern: '^@[0-9]+$' },
  optional: true,
} as const;
const RATE_LIMIT = {
  description: 'What is left of the requests of this minute, where they are limited: draft-ietf-httpapi-ratelimit-headers.',
  schema: { type: 'string' },
  optional: true,
} as const;
const HEADERS = { location: LOCATION, deprecation: DEPRECATION, ratelimit: RATE_LIMIT, 'ratelimit-policy': RATE_LIMIT };

const schema: RouteSchema = {
  operationId: 'submitJob',
  tag: 'jobs',
  summary: 'Sends images through an algorithm.',
  description:
    'The same `job_id` with the same body is the same job, however often it is sent: repeat a request whose answer you did not get.',
  params: {
    name: {
      description: "The algorithm's name, or `name@version` for one version of it.",
      schema: { type: 'string', minLength: 2, maxLength: 48, pattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)*(@[0-9]{1,3}(\\.[0-9]{1,3}){2})?$' },
    },
  },
  body: { description: 'Which images, how, and under which id.', schema: ref('JobRequest') },
  answers: {
    200: { description: 'A repeat of a job that is over.', body: ref('Job'), headers: HEADERS },
    202: { description: 'The job is accepted, or was before.', body: ref('Job'), headers: HEADERS },
  },
  problems: {
    403: '`client_id`, `purpose` or `overrides` is not yours to use.',
    404: 'There is no such algorithm or version, or the PACS has no such images.',
    409: 'You have another job of this id, or the algorithm does not run.',
    410: 'The version was withdrawn.',
    422: 'Members of the body are at fault: each is listed.',
  },
};

/** validate → record → message → queued. The record comes first: a request that dies in between is completed by its repeat. */
export const submitJob: Route = {
  method: 'POST',
  url: '/process/:name',
  access: 'client',
  part: 'router',
  schema,
  handler: (ports) => async (request, reply) => {
    const target = parseTarget((request.params as { name: string }).name);
    const client = clientOf(request);
    const { client_id: clientId, signs_callbacks } = client;
    const body = readBody(request);
    const faults = [...checkJobRequest(body).faults, ...unstorable(body)];
    const [{ entry, look }, room] = await Promise.all([seen(ports, request, target, { body, faults }), hasRoom(ports, client)]);
    reply.headers(deprecationHeaders(entry, target.version));
    const callbacks = signs_callbacks ? ports.callbacks.allowed : undefined;
    const role = overridingRole(client, ports.overrideRoles);
    const admitted = admit({ target, entry, clientId, callbacks, role, body, faults, images: ports.images, look });
    const verdict = room || admitted instanceof Problem ? admitted : tooManyOpen();
    if (!(verdict instanceof Problem)) {
      const drafted = { ...draftJob(target, clientId, verdict, ports.now()), ...traceOf(request) };
      return sendJob(reply, await submit(ports, request, drafted, entry as RegistryEntry));
    }
    // A job that was accepted once stays known under its id, whatever has become of its algorithm or its images meanwhile.
    const known = faults.length === 0 && verdict.status !== 403 ? await repeated(ports, target, clientId, request) : undefined;
    if (!known) throw verdict;
    return sendJob(reply, entry && takesJobs(entry) ? await putOnQueue(ports, request, known, entry) : known);
  },
};

/** Requests of one moment may all find the last place. */
async function hasRoom({ limits, openJobs }: Ports, client: Client): Promise<boolean> {
  const { openJobs: most } = limitsOf(client, limits);
  return most === 0 || (await openJobs.count(client.client_id, most)) < most;
}

function tooManyOpen(): Problem {
  const detail = 'As many of your jobs are open as may be at a time. Send this one again when one of them has ended.';
  return new Problem(429, detail, { headers: { 'retry-after': '10' } });
}

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
  tellJob(request, wanted);
  const { record } = await ports.jobs.accept(wanted);
  tellJob(request, record); // of a repeat, the trace is that of the first
  if (record.request_digest !== wanted.request_digest)
    throw new Problem(409, 'You have another job of this id: its algorithm, images, parameters or overrides differ. Choose a new job_id.');
  return putOnQueue(ports, request, record, entry);
}

/** The queue of the version that the record says, whatever a request without one would come to by now. A job that is past that is left as it is. */
async function putOnQueue(ports: Ports, request: FastifyRequest, record: JobRecord, entry: RegistryEntry): Promise<JobRecord> {
  const queueUrl = queueOf(entry, record);
  if (record.state !== 'accepted' || queueUrl === undefined) return record;
  await ports.requests.send(queueUrl, messageOf(record));
  const [queued] = await Promise.all([
    ports.jobs.markQueued(record, ports.now()).catch((error: unknown) => {
      // The message is sent, so the job will run and its worker will move the record on.
      request.log.warn({ error: errorSummary(error) }, 'the job is on its queue, but its record still says accepted');
      return record;
    }),
    tell(ports, request, record, 'job.queued'),
  ]);
  return queued;
}

async function repeated(ports: Ports, target: Target, clientId: string, request: FastifyRequest): Promise<JobRecord | undefined> {
  const body = request.body as JobRequest;
  const record = await ports.jobs.get({ client_id: clientId, job_id: body.job_id });
  if (record?.request_digest !== requestDigest(normalise(target, body, ports.images.defaultName))) return undefined;
  tellJob(request, record);
  return record;
}

/** 202 while there is something to wait for, 200 once it is over. */
function sendJob(reply: FastifyReply, record: JobRecord): FastifyReply {
  return reply
    .code(isOpen(record.state) ? 202 : 200)
    .headers({ location: jobPath(record.job_id), 'cache-control': 'no-store' })
    .send(viewJob(record));
}
