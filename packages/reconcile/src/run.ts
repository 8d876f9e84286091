/** What surrounds the changes of one apply: the lease, the guard that asks it before every write, and the record of the run. */

import type { Outcome } from './apply.ts';
import type { CallCount } from './aws/calls.ts';
import type { Aws } from './aws/clients.ts';
import { type RunRecord, record } from './history.ts';
import type { Plan } from './plan.ts';
import type { Platform } from './platform.ts';
import { guarded, type Holding, leaseFor, SOMEBODY } from './under-lease.ts';

export interface RunOptions extends Holding {
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

/** Does the work as the only run that writes, and leaves a record of it; with nothing to change there is no lease to take. */
export async function asRun(aws: Aws, plan: Plan, platform: Platform, options: RunOptions, work: Work): Promise<Report> {
  const lease = plan.changes.length > 0 ? await leaseFor(aws, platform, options) : undefined;
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

function isOk(plan: Plan, outcomes: readonly Outcome[]): boolean {
  return plan.refusals.length === 0 && outcomes.every(({ result }) => result !== 'failed' && result !== 'refused');
}
