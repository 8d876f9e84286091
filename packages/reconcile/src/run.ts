/** What surrounds the changes of one apply: the lease, the guard that asks it before every write, and the record of the run. */

import type { Outcome } from './apply.ts';
import type { CallCount } from './aws/calls.ts';
import type { Aws } from './aws/clients.ts';
import { type Clock, monotonicClock } from './aws/clock.ts';
import { type RunRecord, record } from './history.ts';
import { acquireLease, type Lease } from './lease.ts';
import type { Plan } from './plan.ts';
import type { Platform } from './platform.ts';

/** In whose name a run works, and how long it may be silent. */
export interface RunOptions {
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
  /** Ends the run in order: what has begun is finished, the rest is left to a later run. */
  readonly signal?: AbortSignal;
}

/** What a run did. `ok` unless something failed or was refused; `waiting` is left to a later run. */
export interface Report {
  readonly plan: Plan;
  readonly outcomes: readonly Outcome[];
  readonly calls: readonly CallCount[];
  readonly ok: boolean;
}

const SOMEBODY = 'somebody';
const LEASE_SECONDS = 60;
/** Longer than a killed run's lease, clocks that differ included. */
const WAIT_SECONDS = 90;

/** Does the work as the only run that writes, and leaves a record of it; with nothing to change there is no lease to take. */
export async function asRun(aws: Aws, plan: Plan, platform: Platform, options: RunOptions, work: Work): Promise<Report> {
  const lease = plan.changes.length > 0 ? await take(aws, platform, options) : undefined;
  let outcomes: readonly Outcome[];
  try {
    outcomes = await recorded(aws, plan, platform, options, async () => (lease ? guarded(aws, lease, work) : []));
  } finally {
    await lease?.release();
  }
  return { plan, outcomes, calls: aws.calls.counts, ok: isOk(plan, outcomes) };
}

async function recorded(aws: Aws, plan: Plan, platform: Platform, options: RunOptions, work: Work): Promise<readonly Outcome[]> {
  const { commit, now, holder = SOMEBODY } = options;
  const begun = { schema: 'run/1' as const, started_at: now().toISOString(), commit, holder, plan };
  const save = (run: RunRecord) => record(aws.s3, platform.names.bucket('reconciles'), run);
  if (plan.changes.length > 0) await save({ ...begun, state: 'running' });
  const outcomes = await work();
  const state = isOk(plan, outcomes) ? 'done' : 'failed';
  await save({ ...begun, state, finished_at: now().toISOString(), outcomes, calls: aws.calls.counts });
  return outcomes;
}

type Work = () => Promise<readonly Outcome[]>;

function take(aws: Aws, { names }: Platform, options: RunOptions): Promise<Lease> {
  const { commit, now, holder = SOMEBODY, clock = monotonicClock, note } = options;
  const { leaseSeconds: seconds = LEASE_SECONDS, waitSeconds = WAIT_SECONDS } = options;
  const who = `${holder}, commit ${commit}, since ${now().toISOString()}`;
  const times = { seconds, waitSeconds, clock, now };
  return acquireLease(aws.dynamodb, { table: names.table('leases'), holder: who, ...times, ...(note && { note }) });
}

/** While the work goes on, every write asks the lease first. */
async function guarded(aws: Aws, lease: Lease, work: Work): Promise<readonly Outcome[]> {
  aws.calls.guard = () => lease.check();
  try {
    return await work();
  } finally {
    aws.calls.guard = undefined;
  }
}

function isOk(plan: Plan, outcomes: readonly Outcome[]): boolean {
  return plan.refusals.length === 0 && outcomes.every(({ result }) => result !== 'failed' && result !== 'refused');
}
