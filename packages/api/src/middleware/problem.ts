/** Every answer that is not a success is RFC 9457 `application/problem+json`, and says what to do about it. */
import { STATUS_CODES } from 'node:http';
import { errorSummary } from '@mip/registry/failures';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { isUnavailable } from './unavailable.ts';

/** One field at fault: an RFC 6901 pointer into the request's body, and a sentence. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

/** More faults than this are counted, not listed: nobody reads them, and the answer has to fit a Lambda's. */
const FAULTS_SHOWN = 100;

/** A refusal that is part of the API; thrown by routes, sent by `sendProblem`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly faults: readonly Fault[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, detail: string, more: { faults?: readonly Fault[]; headers?: Readonly<Record<string, string>> } = {}) {
    super(detail);
    this.status = status;
    this.faults = more.faults ?? [];
    this.headers = more.headers ?? {};
  }
}

/**
 * 422 for a body with these faults, all of them at once; of several at one field the first is told.
 *
 * @param images what is wrong with the images that the body names: each is told.
 */
export function invalidBody(all: readonly Fault[], images: readonly Fault[] = []): Problem {
  const faults = [...[...new Map(all.toReversed().map((fault) => [fault.pointer, fault])).values()].reverse(), ...images];
  const shown = faults.length > FAULTS_SHOWN ? `; the first ${FAULTS_SHOWN} are listed` : '';
  const count = faults.length === 1 ? 'One field is' : `${faults.length} fields are`;
  return new Problem(422, `${count} at fault${shown}.`, {
    faults: faults.slice(0, FAULTS_SHOWN).map(({ pointer, detail }) => ({ pointer, detail })),
  });
}

/** Sends whatever was thrown. What nobody foresaw becomes a 500 without internals, and one line in the log. */
export function sendProblem(error: FastifyError | Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = error instanceof Problem ? error : translate(error, request);
  const { status, message: detail, faults, headers } = problem;
  const body = {
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    detail,
    instance: `urn:uuid:${request.id}`,
    ...(faults.length > 0 && { errors: faults }),
  };
  // As bytes: to text, Fastify would add a charset, which JSON types do not have.
  return reply
    .code(status)
    .headers({ ...headers, 'x-request-id': request.id, 'cache-control': 'no-store', 'content-type': 'application/problem+json' })
    .send(Buffer.from(JSON.stringify(body)));
}

function translate(error: FastifyError, request: FastifyRequest): Problem {
  const status = error.statusCode ?? 500;
  if (status < 500 && status >= 400) return new Problem(status, framework(error, request));
  if (isUnavailable(error)) {
    request.log.warn({ error: errorSummary(error) }, 'a part is not available');
    return new Problem(503, 'A part of the platform is busy or not available. Try again in a moment.', { headers: { 'retry-after': '2' } });
  }
  request.log.error({ error: errorSummary(error) }, 'unexpected error');
  return new Problem(500, 'Something went wrong here. Try again; if it stays, report the instance of this problem.');
}

/** Fastify's refusals in this API's words: its own repeat pieces of the request. */
function framework(error: FastifyError, request: FastifyRequest): string {
  if (error.code === 'FST_ERR_CTP_EMPTY_JSON_BODY') return 'The body is empty. Send a JSON object.';
  const words: Readonly<Record<number, string>> = {
    400: error.code === 'FST_ERR_BAD_URL' ? 'The path is not a valid URL.' : 'The body is not valid JSON.',
    413: `The body is larger than ${request.server.initialConfig.bodyLimit} bytes.`,
    414: 'A part of the path is too long.',
    415: 'Send the body as application/json.',
  };
  return words[error.statusCode ?? 400] ?? 'The request cannot be understood.';
}
