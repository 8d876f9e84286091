import type { Readable } from 'node:stream';
import { errorSummary } from '@mip/registry/failures';
import type { FastifyReply, FastifyRequest } from 'fastify';
import pLimit, { type LimitFunction } from 'p-limit';
import { baseUrl } from '../base-url.ts';
import { Problem, unavailable } from '../middleware/problem.ts';
import type { Context } from '../ports.ts';
import { Slabs } from '../slabs.ts';
import { type Outcomes, outcomeJson, statusOf } from '../stow/outcome.ts';
import { BrokenMultipart, boundaryOf, partsOf } from '../stow/parts.ts';
import { Reception } from '../stow/reception.ts';
import { UID } from '../uid.ts';
import type { Route } from './route.ts';

/**
 * What bounds memory: 14 slabs of 5 MiB. A request holds one for the instance that it reads, the others are on their way to S3; as many more
 * as requests, so that there is always one that comes back. Requests beyond these wait, unread, and their clients with them.
 */
const SLABS = 8;
const REQUESTS_AT_ONCE = 6;

interface Limits {
  readonly requests: LimitFunction;
  readonly slabs: Slabs;
}

/** STOW-RS: stores each instance, and tells what became of it. */
export const storeInstances: Route = route('/studies');
/** The same for instances of one study. */
export const storeInstancesOfStudy: Route = route('/studies/:study');

function route(url: string): Route {
  return {
    method: 'POST',
    url,
    access: 'client',
    handler: (context) => {
      const limits = limitsOf(context);
      return async (request, reply) => {
        const { study } = request.params as { study?: string };
        if (study !== undefined && !UID.test(study)) throw new Problem(400, 'The study in the path is no DICOM UID.');
        checkAccept(request);
        const boundary = boundaryOf(request.headers['content-type']);
        if (boundary === undefined) checkLength(request, context.maxInstanceBytes);
        const outcomes = await limits.requests(() => receive(request, context, { study, boundary, limits }));
        return answer(outcomes, request, reply, context);
      };
    },
  };
}

const byContext = new WeakMap<object, Limits>();

/** Both routes of a process share them. */
function limitsOf({ objects }: Context): Limits {
  const limits = byContext.get(objects) ?? { requests: pLimit(REQUESTS_AT_ONCE), slabs: new Slabs(SLABS) };
  byContext.set(objects, limits);
  return limits;
}

interface Receipt {
  readonly study: string | undefined;
  readonly boundary: string | undefined;
  readonly limits: Limits;
}

async function receive(request: FastifyRequest, context: Context, { study, boundary, limits }: Receipt): Promise<Outcomes> {
  const report = (error: unknown, what: string) => request.log.warn({ error: errorSummary(error) }, what);
  const reception = new Reception(context, { study, slabs: limits.slabs, report });
  const body = request.body as Readable;
  let broken: unknown;
  try {
    const parts = boundary === undefined ? [body] : partsOf(body, boundary);
    for await (const part of parts) await reception.take(part);
  } catch (error) {
    broken = error;
  }
  // What came in whole before the body broke off is stored.
  const outcomes = await reception.finish();
  if (broken === undefined || (broken instanceof BrokenMultipart && outcomes.stored.length > 0)) return outcomes;
  if (broken instanceof BrokenMultipart) throw new Problem(400, `The multipart body is damaged: ${broken.message}.`);
  throw new Problem(400, 'The body broke off.');
}

function answer(outcomes: Outcomes, request: FastifyRequest, reply: FastifyReply, { publicUrl }: Context): FastifyReply {
  const { stored, failed } = outcomes;
  if (stored.length + failed.length === 0) throw new Problem(400, 'The multipart body has no parts.');
  if (stored.length === 0 && failed.every(({ passing }) => passing)) throw unavailable();
  const json = JSON.stringify(outcomeJson(outcomes, baseUrl(request, publicUrl)));
  return reply.code(statusOf(outcomes)).header('content-type', 'application/dicom+json').send(Buffer.from(json));
}

function checkAccept({ headers }: FastifyRequest): void {
  const accepted = (headers.accept ?? '*/*').split(',').map((one) => one.split(';')[0]?.trim().toLowerCase() ?? '');
  const fits = ['*/*', 'application/*', 'application/json', 'application/dicom+json', ''];
  if (!accepted.some((one) => fits.includes(one))) throw new Problem(406, 'Accept application/dicom+json: there is no other answer.');
}

function checkLength({ headers }: FastifyRequest, most: number): void {
  if (Number(headers['content-length'] ?? 0) > most) throw new Problem(413, `An instance has at most ${most} bytes here.`);
}
