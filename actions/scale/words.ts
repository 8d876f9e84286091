/** What came of scaling, in words. Pure. */
import { overrideWords } from '@mip/reconcile/override';
import { code, table, text } from '@mip/reconcile/report/markdown';
import type { Scaling } from '@mip/reconcile/scale';
import { proposedBy } from '../shared/proposal-words.ts';
import type { InRegion } from './scale.ts';

interface ScaleResult {
  readonly algorithm: string;
  readonly override: Scaling['override'];
  readonly regions: readonly InRegion[];
  readonly runUrl: string;
}

export function scaledSummary({ algorithm, override, regions, runUrl }: ScaleResult): string {
  const rows = regions.map((one) =>
    'scaled' in one
      ? ['✅', code(one.region), String(one.scaled.from), String(one.scaled.to), '']
      : ['❌', code(one.region), '', '', text(one.error)],
  );
  const until = override ? `From ${override.until} on an apply lets the catalog decide again.` : 'The catalog decides.';
  return [
    `### ${text(algorithm)}: ${text(overrideWords(override))}`,
    table(['', 'region', 'tasks before', 'tasks now', 'why not'], rows),
    `${until} By [this run](${runUrl}).`,
  ].join('\n\n');
}

/** `''` where all went well. */
export function failureWords(regions: readonly InRegion[]): string {
  return regions.flatMap((one) => ('error' in one ? [`${one.region}: ${one.error}`] : [])).join('\n');
}

/** How many tasks the catalog is to say. */
export interface Tasks {
  readonly min: number;
  readonly max: number;
}

export function scalingTitle(algorithm: string, { min }: Tasks): string {
  return `Scale ${algorithm} to at least ${min} ${min === 1 ? 'task' : 'tasks'}`;
}

export function scalingBody(algorithm: string, { from, to }: { readonly from: Tasks; readonly to: Tasks }, runUrl: string): string {
  const raised = `So far at most ${from.max} could run, fewer than that: ${code('scaling.max')} rises to ${to.max} with it.`;
  return [
    `By the catalog at least ${from.min} of ${code(algorithm)}’s tasks run; after this at least ${to.min} (${code('scaling.min')}).`,
    ...(to.max === from.max ? [] : [raised]),
    'How many tasks run is no part of a version: it needs no new one. A number that somebody set for a while holds until its end.',
    proposedBy(runUrl),
  ].join('\n\n');
}
