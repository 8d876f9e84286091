/** Work as the only run that writes in a region: every write asks the lease first. */

import { type Clock, monotonicClock } from './aws/clock.ts';
import type { TaskAws } from './aws/task-clients.ts';
import { acquireLease, type Lease } from './lease.ts';
import type { Owner } from './platform.ts';

/** In whose name a run works, and how long it may be silent. */
export interface Holding {
  readonly commit: string;
  readonly now: () => Date;
  /** Who runs it, in words for whoever has to wait. */
  readonly holder?: string;
  readonly clock?: Clock;
  /** A run that is paused for longer stops; one that was killed holds up the next for as long. */
  readonly leaseSeconds?: number;
  /** How long to wait for another run. */
  readonly waitSeconds?: number;
  /** Told what the run waits for. */
  readonly note?: (line: string) => void;
}

export const SOMEBODY = 'somebody';
const LEASE_SECONDS = 60;
/** Longer than a killed run's lease, clocks that differ included. */
const WAIT_SECONDS = 90;

/** @throws {LeaseTaken} when another run still holds it after the wait. */
export function leaseFor(aws: Pick<TaskAws, 'dynamodb'>, { names }: Owner, holding: Holding): Promise<Lease> {
  const { commit, now, holder = SOMEBODY, clock = monotonicClock, note } = holding;
  const { leaseSeconds: seconds = LEASE_SECONDS, waitSeconds = WAIT_SECONDS } = holding;
  const who = `${holder}, commit ${commit}, since ${now().toISOString()}`;
  const times = { seconds, waitSeconds, clock, now };
  return acquireLease(aws.dynamodb, { table: names.table('leases'), holder: who, ...times, ...(note && { note }) });
}

/** Gives the lease back at the end, however it comes. @throws {LeaseLost} when a write comes too late. */
export async function underLease<T>(aws: Pick<TaskAws, 'calls'>, lease: Lease, work: () => Promise<T>): Promise<T> {
  try {
    return await guarded(aws, lease, work);
  } finally {
    await lease.release();
  }
}

/** While the work goes on, every write asks the lease first. */
export async function guarded<T>(aws: Pick<TaskAws, 'calls'>, lease: Lease, work: () => Promise<T>): Promise<T> {
  aws.calls.guard = () => lease.check();
  try {
    return await work();
  } finally {
    aws.calls.guard = undefined;
  }
}
