/**
 * READ FIRST. Level-based: always the whole catalog against the whole platform.
 *
 *   catalog → list → desire → inspect → decide → check safety → apply → report
 *
 * `plan` reads and decides; `apply` is the only one that writes. Killed at any point, the next run converges to the same state.
 */

import type { Algorithm } from './algorithm.ts';
import type { Aws } from './aws/clients.ts';
import { monotonicClock } from './aws/clock.ts';
import { desire } from './desire.ts';
import { knownOf } from './known.ts';
import { type Depth, inspect, list } from './observe.ts';
import { applyMeant } from './pinned-meanwhile.ts';
import { decide, type LineOf, type Plan, type Step } from './plan.ts';
import type { Platform } from './platform.ts';
import { quotaDangers } from './quota.ts';
import { asRun, type Report, type RunOptions } from './run.ts';
import { dangers, extentOf, type Override } from './safety.ts';
import { asServed, type Contracts, unservable } from './served.ts';

/** What should be: the catalog as it was read, and where. */
export interface Input {
  readonly algorithms: readonly Algorithm[];
  /** Sentences about what of the catalog could not be read; any of them stops the run. */
  readonly faults: readonly string[];
  /** `sha256:…` of every source folder, by the algorithm's name. */
  readonly treeHashes: ReadonlyMap<string, string>;
  readonly platform: Platform;
  /** The frozen contracts by `name@version`, for further releases and pins. */
  readonly contracts?: Contracts;
  /** When the plan is made: an override of the scale or a pin holds until its time. */
  readonly now: Date;
  /** Safety rules that are lifted for this run. */
  readonly allow?: readonly Override[];
  /** Physical names that may be taken over from nobody, for this run. */
  readonly adopt?: readonly string[];
  /** Finds the line of a change's cause; without it, line 1. */
  readonly lineOf?: LineOf;
}

/** A plan that can be applied. `dangers` are reasons, as sentences, not to. */
export interface Prepared {
  readonly plan: Plan;
  readonly dangers: readonly string[];
  readonly steps: readonly Step[];
  readonly platform: Platform;
  readonly adopt: ReadonlySet<string>;
}

/** The plan was too dangerous to begin with; nothing was written. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** Reads the platform and decides; `deep` finds drift as well. Writes nothing. @throws when any of it could not be read. */
export async function plan(aws: Aws, input: Input, depth: Depth = 'changes'): Promise<Prepared> {
  const { algorithms, faults, platform, allow, lineOf = () => 1 } = input;
  const listing = await list(aws, platform, depth);
  const known = await knownOf(aws, input, listing);
  const desired = desire(algorithms, known, platform);
  const observation = await inspect(aws, platform, desired, listing);
  const states = { unread: faults.length > 0, ...known, desired, observation, platform, adopt: new Set(input.adopt), lineOf };
  const served = { algorithms: asServed(algorithms, known), unservable: unservable(algorithms, known, platform.names, lineOf) };
  const decided = decide({ ...states, ...served });
  const read = { algorithms: algorithms.length, faults };
  const unsafe = dangers(read, extentOf(desired, observation, decided.steps), allow, platform.thresholds);
  return { ...decided, dangers: [...unsafe, ...quotaDangers(decided.plan.quotas)], platform, adopt: states.adopt };
}

/** Makes the changes of a plan, as the only run that does. @throws {Refused} before the first write, when the plan has dangers. */
export async function apply(aws: Aws, prepared: Prepared, options: RunOptions): Promise<Report> {
  const { plan, steps, platform, adopt, dangers } = prepared;
  if (dangers.length > 0) throw new Refused(dangers.join('\n'));
  const run = { clock: monotonicClock, ...platform, ...options, adopt, planDigest: plan.digest };
  return asRun(aws, plan, platform, options, () => applyMeant(aws, plan, steps, run));
}
