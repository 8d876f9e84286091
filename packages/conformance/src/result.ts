/** What came of the cases of an algorithm. Plain data: every report is a view of it. */

/** How far two results are apart; as the judge (`tools/conformance/measures.py`) says it. */
export interface Samples {
  readonly samples: number;
  readonly different: number;
  readonly fraction_different: number;
  /** Null where the shapes differ. */
  readonly max_abs: number | null;
}

/** Of masks: what is not 0. */
export interface Masks {
  readonly dice: number;
  readonly volume: number;
  readonly reference_volume: number;
  /** UCUM: ml, mm2, or 1 where the source has no spacing. */
  readonly unit: string;
  /** Null where the reference is empty and the other is not. */
  readonly volume_rel: number | null;
  readonly hausdorff95_mm: number | null;
  readonly components: number;
  readonly reference_components: number;
}

export type Numbers = Samples & Partial<Masks>;

/** New against old: the reference is the old result. Without numbers where one of the two has no image. */
export interface Change extends Partial<Numbers> {
  readonly old_outcome: string;
  readonly new_outcome: string;
  readonly old_seconds: number;
  /** Shape, type, samples and listed attributes are the same. */
  readonly same: boolean;
}

/** One document of the judge. */
export interface Verdict {
  readonly verdict: 'passed' | 'failed';
  readonly reasons: readonly string[];
  /** What of the change is beyond the entry's budget, in sentences: the clinical owner has to approve it. */
  readonly approval: readonly string[];
  readonly outcome: string | null;
  readonly error: { readonly code: string; readonly message: string; readonly where: string } | null;
  readonly seconds: number | null;
  readonly digest: string | null;
  /** Against what the case expects; `by` is the file that said so. */
  readonly expected: (Numbers & { readonly by: string }) | null;
  readonly change: Change | null;
  /** Files by what they show: source, old or expected, new, difference. */
  readonly pictures: Readonly<Record<string, string>>;
}

export interface CaseResult extends Omit<Verdict, 'verdict'> {
  readonly name: string;
  readonly expectedBy: 'oracle' | 'ground-truth' | 'recorded';
  readonly status: 'passed' | 'failed';
}

/** All cases of one algorithm. */
export interface Conformance {
  readonly algorithm: string;
  readonly version: string;
  /** Who approves a change beyond the budget. */
  readonly clinicalOwner: string | null;
  /** Where the cases ran, in words. */
  readonly place: string;
  readonly old: { readonly version: string } | { readonly absent: string };
  readonly cases: readonly CaseResult[];
}

/** Passed where a case passed and none failed: an algorithm without a case that ran has shown nothing. */
export function hasPassed({ cases }: Conformance): boolean {
  return cases.some(({ status }) => status === 'passed') && cases.every(({ status }) => status !== 'failed');
}

/** A case without numbers: it could not be run or judged. */
export function without(about: Pick<CaseResult, 'name' | 'expectedBy'>, reason: string): CaseResult {
  const nothing = { outcome: null, error: null, seconds: null, digest: null, expected: null, change: null };
  return { ...about, status: 'failed', reasons: [reason], approval: [], ...nothing, pictures: {} };
}
