/** What a plan must not do without somebody saying so by name. Pure. */

import type { PlannedChange } from './change.ts';
import type { Listed, Wanted } from './kinds/kind.ts';
import type { Observation } from './observe.ts';
import type { Step } from './plan.ts';
import { THRESHOLDS, type Thresholds } from './thresholds.ts';

/** Each lifts one rule, for one run. */
export type Override = 'deletes' | 'updates';

/** Numbers of algorithms, not of resources. */
export interface Extent {
  readonly owned: number;
  readonly deleted: number;
  readonly updated: number;
}

/** How far a plan reaches: an algorithm is deleted when nothing of it is wanted any more, once, and not again while it drains. */
export function extentOf(desired: readonly Wanted[], observation: Observation, steps: readonly Step[]): Extent {
  const declared = new Set(desired.map(({ algorithm }) => algorithm));
  const draining = algorithmsIn(observation, ({ withdrawn }) => withdrawn !== undefined);
  const leaves = ({ action, algorithm }: PlannedChange) => action === 'delete' && !declared.has(algorithm) && !draining.has(algorithm);
  const gone = algorithmsWith(steps, leaves);
  const updated = algorithmsWith(steps, (change) => change.action === 'update');
  const listed = algorithmsIn(observation, () => true);
  const owned = new Set([...[...listed].filter((algorithm) => declared.has(algorithm)), ...gone]);
  return { owned: owned.size, deleted: gone.size, updated: updated.size };
}

/**
 * The reasons to stop before the first write, as sentences; [] = go on.
 * @param algorithms in the catalog. @param faults that kept part of the catalog from being read; their sentences.
 */
export function dangers(
  catalog: { readonly algorithms: number; readonly faults: readonly string[] },
  extent: Extent,
  overrides: readonly Override[] = [],
  thresholds: Thresholds = THRESHOLDS,
): readonly string[] {
  const found: string[] = catalog.faults.length > 0 ? [`The catalog cannot be read: ${catalog.faults.join('; ')}`] : [];
  if (catalog.algorithms === 0) found.push('The catalog is empty. That is always refused: reconcile would delete everything.');
  const deletes = overrides.includes('deletes') ? undefined : tooManyDeletes(extent, thresholds);
  const updates = overrides.includes('updates') ? undefined : tooManyUpdates(extent, thresholds);
  return [...found, ...[deletes, updates].filter((one) => one !== undefined)];
}

function tooManyDeletes({ owned, deleted }: Extent, { few, deletedShare, deletedOfFew }: Thresholds): string | undefined {
  const sentence = `${deleted} of ${owned} algorithms would be deleted`;
  const advice = 'If that is meant, allow "deletes" for this run.';
  if (deleted === 0) return undefined;
  if (owned >= few) return deleted > owned * deletedShare ? `${sentence}, more than ${percent(deletedShare)}. ${advice}` : undefined;
  if (deleted === owned) return `${sentence}: all there are. ${advice}`;
  return deleted > deletedOfFew ? `${sentence}, more than ${deletedOfFew}. ${advice}` : undefined;
}

function tooManyUpdates({ owned, updated }: Extent, { few, updatedShare }: Thresholds): string | undefined {
  if (owned < few || updated <= owned * updatedShare) return undefined;
  return `${updated} of ${owned} algorithms would be updated, more than ${percent(updatedShare)}. If that is meant, allow "updates" for this run.`;
}

/** 0.07 × 100 is not 7. */
function percent(share: number): string {
  return `${Number((share * 100).toPrecision(12))} %`;
}

function algorithmsWith(steps: readonly Step[], holds: (change: PlannedChange) => boolean): ReadonlySet<string> {
  return new Set(steps.flatMap(({ planned }) => (holds(planned) ? [planned.algorithm] : [])));
}

function algorithmsIn(observation: Observation, holds: (one: Listed) => boolean): ReadonlySet<string> {
  const listed = [...observation.values()].flatMap((seen) => [...seen.listed]);
  return new Set(listed.flatMap(([name, one]) => (holds(one) ? [one.algorithm ?? name] : [])));
}
