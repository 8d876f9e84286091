/**
 * READ FIRST. Level-based: always the whole catalog against the whole platform.
 *
 *   catalog → list → desire → inspect → decide → check safety → apply → report
 *
 * `plan` reads and decides; `apply` is the only one that writes. Killed at any point, the next run converges to the same state.
 */

import type { Algorithm } from './algorithm.ts';
import { applySteps, type Outcome } from './apply.ts';
import type { CallCount } from './aws/calls.ts';
import type { Aws } from './aws/clients.ts';
import { desire } from './desire.ts';
import { type Depth, inspect, list, overridesIn } from './observe.ts';
import { decide, type LineOf, type Plan, type Step } from './plan.ts';
import type { Platform } from './platform.ts';
import { dangers, extentOf, type Override } from './safety.ts';

/** What should be: the catalog as it was read, and where. */
export interface Input {
  readonly algorithms: readonly Algorithm[];
  /** Sentences about what of the catalog could not be read; any of them stops the run. */
  readonly faults: readonly string[];
  /** `sha256:…` of every source folder, by the algorithm's name. */
  readonly treeHashes: ReadonlyMap<string, string>;
  readonly platform: Platform;
  /** When the plan is made: an override of the scale holds until its time. */
  readonly now: Date;
  readonly overrides?: readonly Override[];
  /** Finds the line of a change's cause; without it, line 1. */
  readonly lineOf?: LineOf;
}

/** A plan that can be applied. `dangers` are reasons, as sentences, not to. */
export interface Prepared {
  readonly plan: Plan;
  readonly dangers: readonly string[];
  readonly steps: readonly Step[];
  readonly platform: Platform;
}

/** What a run did. `ok` unless something failed or was refused; `waiting` is left to a later run. */
export interface Report {
  readonly plan: Plan;
  readonly outcomes: readonly Outcome[];
  readonly calls: readonly CallCount[];
  readonly ok: boolean;
}

/** The plan was too dangerous to begin with; nothing was written. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** Reads the platform and decides; `deep` finds drift as well. Writes nothing. @throws when any of it could not be read. */
export async function plan(aws: Aws, input: Input, depth: Depth = 'changes'): Promise<Prepared> {
  const { algorithms, faults, treeHashes, platform, overrides, now } = input;
  const listing = await list(aws, platform, depth);
  const desired = desire(algorithms, { treeHashes, overrides: overridesIn(listing, now) }, platform);
  const observation = await inspect(aws, platform, desired, listing);
  const decided = decide({ desired, observation, platform, lineOf: input.lineOf });
  const extent = extentOf(desired, observation, decided.steps);
  return { ...decided, dangers: dangers({ algorithms: algorithms.length, faults }, extent, overrides, platform.thresholds), platform };
}

/** Makes the changes of a plan. @throws {Refused} before the first write, when the plan has dangers. */
export async function apply(aws: Aws, prepared: Prepared, { commit, now }: { commit: string; now: () => Date }): Promise<Report> {
  const { plan, steps, platform } = prepared;
  if (prepared.dangers.length > 0) throw new Refused(prepared.dangers.join('\n'));
  const outcomes = await applySteps(aws, steps, { ...platform, commit, now, planDigest: plan.digest });
  const failed = outcomes.some(({ result }) => result === 'failed' || result === 'refused');
  return { plan, outcomes, calls: aws.calls.counts, ok: !failed && plan.refusals.length === 0 };
}
