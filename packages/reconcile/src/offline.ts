/** What one catalog changes about another, as a plan that asks no cloud: the base's desired state stands for what exists. Pure. */

import type { Algorithm } from './algorithm.ts';
import type { PlannedChange } from './change.ts';
import { desire } from './desire.ts';
import { KINDS } from './kinds/index.ts';
import type { Listed, Observed, Wanted } from './kinds/kind.ts';
import type { KindObservation, Observation } from './observe.ts';
import { decide, type LineOf, type Plan } from './plan.ts';
import { type Facts, type Platform, type PlatformFile, platformIn } from './platform.ts';
import { quotaDangers } from './quota.ts';
import { dangers, extentOf } from './safety.ts';
import { asServed, type Contracts } from './served.ts';

/** One catalog, with the hashes of its sources and the platform file it goes with. */
export interface OfflineCatalog {
  readonly algorithms: readonly Algorithm[];
  readonly treeHashes: ReadonlyMap<string, string>;
  readonly platform: PlatformFile;
  /** The frozen contracts by `name@version`, for further releases. */
  readonly contracts?: Contracts;
}

/** What is compared, where; `lineOf` is of the head. */
export interface Comparison {
  readonly base: OfflineCatalog;
  readonly head: OfflineCatalog;
  readonly region: string;
  readonly lineOf?: LineOf;
}

/** What CDK deployed is the same for both sides, and nobody looked: it never shows. */
const UNKNOWN: Facts = {
  ...{ vpc_id: '', subnets: [], security_group: '', cluster: '', execution_role_arn: '', images_key_secret_arn: '' },
  ...{ log_group: '', api_id: '', api_url: '' },
};

/** What the head changes about the base. The dangers are those of these changes alone. */
export function offlinePlan({ base, head, region, lineOf }: Comparison): { plan: Plan; dangers: readonly string[] } {
  const platform = platformIn(region, head.platform, UNKNOWN);
  const observation = observationOf(desiredOf(base, region), platform);
  const desired = desiredOf(head, region);
  const known = { ...head, overrides: new Map() };
  const { plan, steps } = decide({ algorithms: asServed(head.algorithms, known), desired, observation, platform, lineOf });
  const extent = extentOf(desired, observation, steps);
  const found = dangers({ algorithms: head.algorithms.length, faults: [] }, extent, [], platform.thresholds);
  return { plan, dangers: [...found, ...quotaDangers(plan.quotas)] };
}

/** Those changes of a plan that another plan, of this change to the catalog alone, does not have: somebody else is behind them. */
export function notCausedBy(own: Pick<Plan, 'changes'>, plan: Pick<Plan, 'changes'>): readonly PlannedChange[] {
  const caused = new Set(own.changes.map(keyOf));
  return plan.changes.filter((change) => !caused.has(keyOf(change)));
}

function keyOf({ kind, name }: PlannedChange): string {
  return `${kind} ${name}`;
}

function desiredOf({ algorithms, platform: file, ...known }: OfflineCatalog, region: string): readonly Wanted[] {
  return desire(algorithms, { ...known, overrides: new Map() }, platformIn(region, file, UNKNOWN));
}

/** As if all of it had been applied. */
function observationOf(desired: readonly Wanted[], { catalogId }: Platform): Observation {
  return new Map(
    KINDS.map(({ name: kind }): [string, KindObservation] => {
      const own = desired.filter((one) => one.kind === kind);
      const listed = own.map(({ name, algorithm, specHash }): [string, Listed] => [name, { algorithm, specHash }]);
      const inspected = own.map(({ name, algorithm, specHash, spec }): [string, Observed] => [
        name,
        { name, owner: catalogId, algorithm, specHash, spec },
      ]);
      return [kind, { listed: new Map(listed), inspected: new Map(inspected) }];
    }),
  );
}
