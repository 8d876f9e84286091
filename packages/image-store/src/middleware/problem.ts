/** Every answer that is not a success is RFC 9457 `application/problem+json` and says what to do; only STOW tells outcomes in DICOM JSON. */
import { STATUS_CODES } from 'node:http';
import { errorSummary } from '@mip/registry/failures';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { isUnavailable } from './unavailable.ts';

/** A refusal that is part of the interface; thrown by routes, sent by `sendProblem`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, detail: string, more: { headers?: Readonly<Record<string, string>> } = {}) {
    super(detail);
    this.status = status;
    this.headers = more.headers ?? {};
  }
}

/** 503 that asks for another try. */
export function unavailable(): Problem {
  return new Problem(503, 'A part of the platform is busy or not available. Try again in a moment.', { headers: { 'retry-after': '2' } });
}

/** Sends whatever was thrown. What nobody foresaw becomes a 500 without internals, and one line in the log. */
export function sendProblem(error: FastifyError | Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, message: detail, headers } = error instanceof Problem ? error : translate(error, request);
  const body = { type: 'about:blank', title: STATUS_CODES[status], status, detail, instance: `urn:uuid:${request.id}` };
  // As bytes: to text, Fastify would add a charset, which JSON types do not have.
  return reply
    .code(status)
    .headers({ ...headers, 'cache-control': 'no-store', 'content-type': 'application/problem+json' })
    .send(Buffer.from(JSON.stringify(body)));
}

/** Fastify's refusals in this store's words: its own repeat pieces of the request. */
const WORDS: Readonly<Record<number, string>> = {
  400: 'The path is not a valid URL.',
  414: 'A part of the path is too long.',
  415: 'Send multipart/related; type="application/dicom", or application/dicom.',
};

function translate(error: FastifyError, request: FastifyRequest): Problem {
  const status = error.statusCode ?? 500;
  if (status < 500 && status >= 400) return new Problem(status, WORDS[status] ?? 'The request cannot be understood.');
  if (isUnavailable(error)) {
    request.log.warn({ error: errorSummary(error) }, 'a part is not available');
    return unavailable();
  }
  request.log.error({ error: errorSummary(error) }, 'unexpected error');
  return new Problem(500, 'Something went wrong here. Try again; if it stays, report the instance of this problem.');
}
