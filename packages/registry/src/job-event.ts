/** What happened to a job, as it is told to its client. Pure: whoever tells it again tells the same under the same id. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { JobEvent } from './generated/job-event.ts';
import type { JobRecord } from './generated/job-record.ts';
import { CONFORMANCE_CLIENT } from './names.ts';

export type JobEventType = JobEvent['type'];

/** What of a record its events are made of. */
export type EventSource = Pick<JobRecord, 'client_id' | 'job_id' | 'job_key' | 'algorithm' | 'version' | 'delivery'> &
  Partial<Pick<JobRecord, 'accepted_at' | 'queued_at' | 'finished_at' | 'outcome' | 'error' | 'trace_id'>>;

/** What an event says beside its record. */
export interface MoreOfEvent {
  /** Of `job.progress`: from 0 to 1. */
  readonly progress?: number;
  /** Of `job.progress`: its per cent, a whole number; two of them are two events. */
  readonly step?: number;
  /** Of `job.recalled`. */
  readonly reason?: string;
}

/** The event of each end. */
const ENDS = { succeeded: 'job.succeeded', failed: 'job.failed', cancelled: 'job.cancelled', dead: 'job.dead' } as const;

/** The event that tells the end of a job in `state`; undefined for one that is not over. */
export function endOf(state: JobRecord['state']): JobEventType | undefined {
  return (ENDS as Partial<Record<JobRecord['state'], JobEventType>>)[state];
}

/** Whether an event tells a job's end. */
export function isEnd(type: JobEventType): boolean {
  return Object.values<JobEventType>(ENDS).includes(type);
}

/** Whether anybody is to hear of a job: a conformance job is nobody's. */
export function isTold({ client_id }: Pick<JobRecord, 'client_id'>): boolean {
  return client_id !== CONFORMANCE_CLIENT;
}

/**
 * An end carries the time of the record, so that telling it again repeats it word for word; what the record has no time of happened `now`.
 */
export function jobEvent(record: EventSource, type: JobEventType, now: Date, more: MoreOfEvent = {}): JobEvent {
  const { client_id, job_id, job_key, algorithm, version, delivery, outcome, error, trace_id } = record;
  const { step, ...said } = more;
  return {
    schema: 'job-event/1',
    event_id: eventId({ job_key, delivery }, type, step),
    type,
    ...{ client_id, job_id, job_key, algorithm, version },
    at: timeOf(record, type) ?? now.toISOString(),
    delivery,
    ...(type === 'job.succeeded' && outcome !== undefined && { outcome }),
    ...((type === 'job.failed' || type === 'job.dead') && error && { error: { code: error.code, message: error.message } }),
    ...said,
    ...(trace_id !== undefined && { trace_id }),
  };
}

/** @param step of `job.progress`, and of no other. */
export function eventId({ job_key, delivery }: Pick<JobRecord, 'job_key' | 'delivery'>, type: JobEventType, step?: number): string {
  const parts = ['mip-event-v1', job_key, type, delivery, ...(step === undefined ? [] : [step])];
  return `evt_${createHash('sha256')
    .update(canonicalize(parts) ?? '', 'utf8')
    .digest('hex')
    .slice(0, 32)}`;
}

function timeOf({ accepted_at, queued_at, finished_at }: EventSource, type: JobEventType): string | undefined {
  if (type === 'job.accepted') return accepted_at;
  if (type === 'job.queued') return queued_at;
  return isEnd(type) ? finished_at : undefined;
}
