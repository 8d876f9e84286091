/** What of a change the clinical owner has to approve: what the cases showed, and what would keep them from showing it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Algorithm } from '@mip/catalog';
import { checkAlgorithm } from '@mip/catalog/check';
import { readDocument } from '@mip/catalog/read';
import type { Conformance } from '@mip/conformance';
import type { Need } from '../shared/needs.ts';
import type { Tried } from './cases.ts';

/**
 * In the order of the catalog. The owner is the base's where the base has one: whoever changes results does not choose who approves that.
 *
 * @param base the folder with the base's catalog
 */
export function needsOf(
  algorithms: readonly Algorithm[],
  tried: readonly Pick<Tried, 'algorithm' | 'conformance'>[],
  base: string,
): readonly Need[] {
  return algorithms.flatMap((algorithm) => {
    const before = entryAt(base, algorithm.file);
    if (!before) return []; // what is new changes nothing
    const conformance = tried.find((one) => one.algorithm.name === algorithm.name)?.conformance;
    const reasons = [...(conformance ? measured(conformance) : unmeasured(before, algorithm)), ...evaded(before, algorithm)];
    return reasons.length > 0
      ? [{ algorithm: algorithm.name, owner: before.clinical_owner ?? algorithm.clinical_owner ?? null, reasons }]
      : [];
  });
}

/** The base's entry, also one with faults: what can be read of it counts. */
function entryAt(base: string, file: string): Partial<Algorithm> | undefined {
  return existsSync(join(base, file)) ? checkAlgorithm(readDocument(base, file)).item : undefined;
}

/** Where the version before could not be run at all, nobody has seen what changed. */
function measured({ cases, old }: Conformance): readonly string[] {
  const beyond = cases.flatMap(({ name, approval }) => approval.map((reason) => `${name}: ${reason}`));
  return 'absent' in old ? [...beyond, `no case could be compared with the version before: ${old.absent}`] : beyond;
}

/** An image that somebody else built is not run here. */
function unmeasured(before: Partial<Algorithm>, now: Algorithm): readonly string[] {
  if (now.source !== undefined || now.image_uri === before.image_uri) return [];
  return (before.clinical_owner ?? now.clinical_owner) ? ['it runs another image, in which no case was run'] : [];
}

/** Changes that let another change pass unseen. */
function evaded(before: Partial<Algorithm>, now: Algorithm): readonly string[] {
  const reasons = [];
  if (before.clinical_owner !== undefined && before.clinical_owner !== now.clinical_owner)
    reasons.push(`the clinical owner is ${now.clinical_owner ?? 'nobody'} from now on`);
  if (!isDeepStrictEqual(before.change_budget, now.change_budget)) reasons.push('the change_budget is another');
  const gone = (before.conformance ?? []).filter((one) => !(now.conformance ?? []).some((other) => isSameCase(one, other)));
  return [...reasons, ...gone.map(({ name }) => `the case ${name} is gone, or has another image or other parameters`)];
}

type Case = NonNullable<Algorithm['conformance']>[number];

/** Whether both ask for the same result, whatever they accept. */
function isSameCase(one: Case, other: Case): boolean {
  return one.name === other.name && isDeepStrictEqual([one.image, one.parameters], [other.image, other.parameters]);
}
