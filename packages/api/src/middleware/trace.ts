/**
 * One id from a request to its message, its worker and its events. It is always the platform's own, made of the request's id: what a client calls
 * its trace stays in the record and goes back to it, but never into a log, where 32 hexadecimal digits could be a patient's number.
 */
import type { JobRecord } from '@mip/registry';
import type { FastifyRequest } from 'fastify';

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The trace that a job of this request is part of. A `traceparent` that W3C Trace Context does not know is as good as none. */
export function traceOf({ id, headers: { traceparent } }: FastifyRequest): Pick<JobRecord, 'trace_id' | 'traceparent'> {
  const known = typeof traceparent === 'string' && TRACEPARENT.test(traceparent);
  return { trace_id: id.replaceAll('-', ''), ...(known && { traceparent }) };
}

/** Lets the log say which job a request was about. */
export function tellJob(request: FastifyRequest, { job_key, trace_id }: Pick<JobRecord, 'job_key' | 'trace_id'>): void {
  request.jobKey = job_key;
  request.traceId = trace_id ?? null;
}
