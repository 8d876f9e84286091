/** The plan as the pull request's comment shows it. Pure. */
import { markdownPlan, type PlannedChange } from '@mip/reconcile';
import { text } from '@mip/reconcile/report/markdown';
import type { ShownPlan } from './plans.ts';

export interface PlanSection {
  readonly plans: readonly ShownPlan[];
  /** Changes that something else than this pull request asks for. */
  readonly others: readonly PlannedChange[];
  readonly commit: string;
  readonly runUrl: string;
  /** The number of changes that destroy something. */
  readonly destructive: number;
}

/** The most changes of others that are named. */
const MOST_OTHERS = 20;

/** @param longest the most characters; without it, all is shown. */
export function planSection(section: PlanSection, longest = Number.POSITIVE_INFINITY): string {
  const { plans, others, commit, runUrl, destructive } = section;
  const destroys =
    destructive === 0
      ? 'Merging this lets an apply destroy nothing.'
      : `Merging this approves ${destructive} ${destructive === 1 ? 'change that destroys' : 'changes that destroy'} something; an apply stops at any other.`;
  const rest = [...othersPart(others), `${destroys} Planned for ${commit.slice(0, 12)} by [this run](${runUrl}).`].join('\n\n');
  const share = Math.floor((longest - rest.length) / plans.length) - 2;
  return [...plans.map((one) => markdownPlan(one, share)), rest].join('\n\n');
}

/** What stands in the plan though the branch does not ask for it: somebody's drift, or a merge that was not applied yet. */
function othersPart(others: readonly PlannedChange[]): readonly string[] {
  if (others.length === 0) return [];
  const lines = others
    .slice(0, MOST_OTHERS)
    .map(({ action, kind, name, algorithm }) => `- ${text(algorithm)}: ${action} ${kind} ${text(name)}`);
  const more = others.length > MOST_OTHERS ? [`- … and ${others.length - MOST_OTHERS} more`] : [];
  return [
    `<details><summary>${others.length} of these changes ${others.length === 1 ? 'is' : 'are'} not caused by this pull request</summary>\n`,
    'Something was merged and not applied yet, or somebody changed it by hand.',
    [...lines, ...more].join('\n'),
    '</details>',
  ];
}
