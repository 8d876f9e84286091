/** Results in the words that every report uses. Pure. */
import type { CaseResult, Conformance, Numbers } from '../result.ts';

/** How many of what: `2 passed, 1 failed`. */
export function countsOf(cases: readonly Pick<CaseResult, 'status'>[]): string {
  const counts = (['passed', 'failed'] as const).map((status) => [status, cases.filter((one) => one.status === status).length] as const);
  return counts.flatMap(([status, count]) => (count > 0 ? [`${count} ${status}`] : [])).join(', ');
}

/** `window-level 1.1.0 against 1.0.0`, or without the second where there is no old version. */
export function titleOf({ algorithm, version, old }: Conformance): string {
  return `${algorithm} ${version}${'version' in old ? ` against ${old.version}` : ''}`;
}

/** How far a result is from what was expected. */
export function distanceOf(numbers: Partial<Numbers> | null): string {
  const samples = samplesOf(numbers);
  return numbers?.different ? [samples, ...masksOf(numbers)].join('; ') : samples;
}

/** The same, sample by sample only. */
export function samplesOf(numbers: Partial<Numbers> | null): string {
  if (numbers?.samples === undefined) return '';
  if (numbers.max_abs === null) return 'another shape';
  if (numbers.different === 0) return `all ${numbers.samples} samples equal`;
  return `${numbers.different} of ${numbers.samples} samples differ, by ${rounded(numbers.max_abs ?? 0)} at most`;
}

function masksOf({ dice, hausdorff95_mm, components, reference_components }: Partial<Numbers>): readonly string[] {
  if (dice === undefined) return []; // no masks, or of another shape
  const distance = typeof hausdorff95_mm === 'number' ? [`Hausdorff95 ${rounded(hausdorff95_mm)} mm`] : [];
  const parts = components === reference_components ? [] : [`${components} components instead of ${reference_components}`];
  return [`Dice ${rounded(dice)}`, ...distance, ...parts];
}

/** Old beside new: `62.7 → 62.9 mm2`; empty without masks. */
export function volumesOf({ reference_volume, volume, unit }: Partial<Numbers>): string {
  if (reference_volume === undefined || volume === undefined) return '';
  return `${rounded(reference_volume)} → ${rounded(volume)} ${unit === '1' ? 'samples' : unit}`;
}

export function outcomesOf({ old_outcome, new_outcome }: { readonly old_outcome: string; readonly new_outcome: string }): string {
  return old_outcome === new_outcome ? new_outcome : `${old_outcome} → ${new_outcome}`;
}

/** How the run ended: an outcome, or an error's code. */
export function endingOf({ outcome, error }: Pick<CaseResult, 'outcome' | 'error'>): string {
  return outcome ?? (error ? `error ${error.code}` : '');
}

export function rounded(value: number): string {
  return String(Number(value.toPrecision(6)));
}

export function secondsOf(seconds: number | null): string {
  return seconds === null ? '' : `${seconds.toFixed(2)} s`;
}
