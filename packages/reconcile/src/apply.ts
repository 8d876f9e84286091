/** Makes a plan's changes. Algorithms are independent of one another; the changes of one are made in order. */

import pLimit from 'p-limit';
import type { Aws } from './aws/clients.ts';
import { isThereAlready, sentenceOf } from './aws/errors.ts';
import type { PlannedChange } from './change.ts';
import { KINDS } from './kinds/index.ts';
import { type Change, type Failure, type Kind, NotYet, RolloutFailed, type Run } from './kinds/kind.ts';
import { changeTo, fieldsOf, refusalOf, type Step } from './plan.ts';

/**
 * `done`, also when it was found done; `failed`; `refused`, because what is there must not be touched; `waiting` for something that a
 * later run will find done; `skipped`, because a change of the same algorithm before it was none of `done`.
 */
export type Result = 'done' | 'failed' | 'refused' | 'waiting' | 'skipped';

/** What became of one change. `reason` is a sentence, '' when done. */
export interface Outcome extends Pick<PlannedChange, 'kind' | 'name' | 'algorithm' | 'action'> {
  readonly result: Result;
  readonly reason: string;
}

/** Algorithms that are worked on at the same time. */
const CONCURRENT_ALGORITHMS = 16;

/** Never throws for a change that fails: the outcomes, in the plan's order, say so. */
export async function applySteps(aws: Aws, steps: readonly Step[], run: Run): Promise<readonly Outcome[]> {
  const limit = pLimit(CONCURRENT_ALGORITHMS);
  const groups = Map.groupBy(steps, ({ planned }) => planned.algorithm);
  const outcomes = await Promise.all([...groups.values()].map((group) => limit(() => applyInOrder(aws, group, run))));
  return outcomes.flat();
}

async function applyInOrder(aws: Aws, steps: readonly Step[], run: Run): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  let stopped: Outcome | undefined;
  for (const { planned, change } of steps) {
    const { kind, name, algorithm, action } = planned;
    const { failure, ...became } = stopped
      ? { result: 'skipped' as const, reason: `because ${stopped.kind} ${stopped.name} is ${stopped.result}` }
      : run.signal?.aborted
        ? { result: 'failed' as const, reason: 'the run was stopped before it came to this' }
        : await applyOne(aws, change, run);
    const reason = failure ? await tell(aws, failure, steps, run) : became.reason;
    const outcome: Outcome = { kind, name, algorithm, action, ...became, reason };
    outcomes.push(outcome);
    if (outcome.result !== 'done') stopped ??= outcome;
  }
  return outcomes;
}

/** `failure` is there where the version is to blame. */
type Became = Pick<Outcome, 'result' | 'reason'> & { readonly failure?: Failure };

/** Lets the kinds know of a version that failed. @returns the reason, and what else went wrong. */
async function tell(aws: Aws, failure: Failure, steps: readonly Step[], run: Run): Promise<string> {
  try {
    for (const kind of KINDS) {
      const change = steps.find(({ planned }) => planned.kind === kind.name && planned.action !== 'delete')?.change;
      await kind.fail?.(aws, { ...failure, change }, run);
    }
    return failure.reason;
  } catch (error) {
    return `${failure.reason}; the registry could not be told: ${sentenceOf(error)}`;
  }
}

/** What is there already when it is to be made is looked at once more: an answer got lost, or somebody was quicker. */
async function applyOne(aws: Aws, planned: Change, run: Run): Promise<Became> {
  const kind = KINDS.find(({ name }) => name === planned.kind) as Kind;
  try {
    return await attempt(aws, kind, planned, run).catch((error) => {
      if (!isThereAlready(error)) throw error;
      return attempt(aws, kind, planned, run);
    });
  } catch (error) {
    const reason = sentenceOf(error);
    if (error instanceof RolloutFailed && planned.wanted) return { result: 'failed', reason, failure: { ...planned.wanted, reason } };
    return { result: error instanceof NotYet ? 'waiting' : 'failed', reason };
  }
}

async function attempt(aws: Aws, kind: Kind, planned: Change, run: Run): Promise<Became> {
  const change = await asItIsNow(aws, kind, planned, run);
  if (!change) return { result: 'done', reason: '' };
  const reason = refusalOf(kind, change, run);
  if (reason) return { result: 'refused', reason };
  await kind.apply(aws, change, run);
  return { result: 'done', reason: '' };
}

/** The plan saw an index and a moment that has passed: the resource itself decides what is left to do. Undefined = nothing. */
async function asItIsNow(aws: Aws, kind: Kind, { name, wanted, ...planned }: Change, run: Run): Promise<Change | undefined> {
  const observed = (await kind.inspect(aws, run, new Map([[name, wanted]]))).get(name);
  if (!wanted) return observed && { ...planned, name, observed };
  const change = changeTo(wanted, observed);
  return fieldsOf(kind, change).length > 0 ? change : undefined;
}
