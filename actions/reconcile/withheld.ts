/** Algorithms that wait for their clinical owner: what was merged changes their results beyond the budget, and he has not approved that. */
import type { Prepared } from '@mip/reconcile';
import { text } from '@mip/reconcile/report/markdown';
import { type ClinicalRecord, isApproved, readClinicalCheck } from '../shared/clinical-check.ts';
import type { GitHub, Repository } from '../shared/github.ts';
import type { Merged } from '../shared/merged.ts';

export interface Withheld {
  readonly algorithm: string;
  /** The pull request that was merged without the approval. */
  readonly pullRequest: number;
  /** Like `@somebody`; null where the entry named nobody. */
  readonly owner: string | null;
}

/**
 * By the check runs of the heads that were merged, as they are now: an approval after the merge counts too. A pull request without such a check
 * run holds nothing back: it is the branch that requires it.
 */
export async function withheldBy(
  github: GitHub,
  repository: Repository,
  merged: readonly Merged[],
  platform: string,
): Promise<readonly Withheld[]> {
  const found = await Promise.all(
    merged.map(async ({ number, head }) => {
      const check = await readClinicalCheck(github, { repository, commit: head }, platform);
      return check ? openIn(check.record, number) : [];
    }),
  );
  return [...new Map(found.flat().map((one) => [one.algorithm, one])).values()];
}

function openIn(record: ClinicalRecord, pullRequest: number): readonly Withheld[] {
  if (isApproved(record)) return [];
  return record.needs.flatMap(({ algorithm, owner, approved_by }) => (approved_by === null ? [{ algorithm, owner, pullRequest }] : []));
}

/** Those of which something would be changed now. Pure. */
export function concerned(all: readonly Withheld[], plans: readonly Pick<Prepared, 'plan'>[]): readonly Withheld[] {
  const changing = new Set(plans.flatMap(({ plan }) => plan.changes.map(({ algorithm }) => algorithm)));
  return all.filter(({ algorithm }) => changing.has(algorithm));
}

/** Markdown; '' where nothing waits. */
export function withheldSection(withheld: readonly Withheld[]): string {
  if (withheld.length === 0) return '';
  const lines = withheld.map(
    ({ algorithm, owner, pullRequest }) =>
      `- ⏳ **${text(algorithm)}** waits for ${text(owner ?? 'a clinical owner')}, who has not approved #${pullRequest}. Its last version goes on.`,
  );
  return [
    '### Not rolled out: the clinical owner has not approved',
    lines.join('\n'),
    'An approving review of the head that was merged lets the next apply do it; so does a dispatch of the workflow with allow = unapproved.',
  ].join('\n\n');
}
