/**
 * A job's life as a table. The API and the workers write the same record; each write is conditional on the states listed
 * here, so that a late or repeated step of one never undoes a step of the other.
 */
import type { JobRecord } from './generated/job-record.ts';

export type JobState = JobRecord['state'];
export type OpenJobState = Extract<JobState, JobRecord['open_state']>;

/** Every state, in the order of a job's life. */
export const JOB_STATES: readonly JobState[] = ['accepted', 'queued', 'running', 'succeeded', 'failed', 'cancelled', 'dead'];

/** One step: it may be taken only in a state of `from`, and leaves the job in `to`. */
export interface Transition {
  readonly from: readonly JobState[];
  readonly to: JobState;
}

export const TRANSITIONS = {
  /** The API has put the message on the queue. Not from `running`: a worker can be faster than this step. */
  sent: { from: ['accepted'], to: 'queued' },
  /** A worker has the message. From `accepted` when the API died, or is slow, between sending and `sent`; from `running` on a redelivery. */
  received: { from: ['accepted', 'queued', 'running'], to: 'running' },
  /** The results are stored. From `queued` when another delivery of the job was handed back meanwhile. */
  succeeded: { from: ['queued', 'running'], to: 'succeeded' },
  /** The input cannot be processed. */
  failed: { from: ['queued', 'running'], to: 'failed' },
  /** A worker put the job back on its queue, as another delivery: it had to stop, or an attempt failed; or the sweeper sent it again. */
  handedBack: { from: ['accepted', 'queued', 'running'], to: 'queued' },
  /** Its client wants it no longer. */
  cancelled: { from: ['accepted', 'queued', 'running'], to: 'cancelled' },
  /** The attempts are used up, or its workers died: the message lies in the dead letters. */
  died: { from: ['accepted', 'queued', 'running'], to: 'dead' },
  /** Somebody looked at the cause and sends it again: the one way back from an end. */
  redriven: { from: ['dead'], to: 'queued' },
} as const satisfies Readonly<Record<string, Transition>>;

export type JobStep = keyof typeof TRANSITIONS;

/** Whether the job is not over: it still waits for, or has, a worker. */
export function isOpen(state: JobState): state is OpenJobState {
  return state === 'accepted' || state === 'queued' || state === 'running';
}

/** The state after `event`, or undefined where the event must not change a job in `state`. */
export function stateAfter(state: JobState, event: JobStep): JobState | undefined {
  const { from, to }: Transition = TRANSITIONS[event];
  return from.includes(state) ? to : undefined;
}
