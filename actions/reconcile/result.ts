/** How an apply went, in a word for the deployment and in Markdown for people. Pure. */
import { markdownReport, type PlannedChange, type Platform, type Report } from '@mip/reconcile';
import { text } from '@mip/reconcile/report/markdown';
import type { DeploymentState } from '../shared/deployment.ts';
import type { Merged } from '../shared/merged.ts';
import { logLine } from './logs.ts';
import { type Withheld, withheldSection } from './withheld.ts';

/** The most changes that are named in a sentence. */
const MOST_NAMED = 10;

export function stateOf(
  reports: readonly Report[],
  withheld: readonly Pick<Withheld, 'algorithm'>[] = [],
): { readonly state: DeploymentState; readonly words: string } {
  const outcomes = reports.flatMap((report) => report.outcomes);
  const count = (result: string) => outcomes.filter((outcome) => outcome.result === result).length;
  const left = new Set([
    ...outcomes.filter(({ result }) => result === 'failed' || result === 'refused').map(({ algorithm }) => algorithm),
    ...reports.flatMap(({ plan }) => plan.refusals.map(({ algorithm }) => algorithm)),
  ]);
  if (reports.some(({ ok }) => !ok)) return { state: 'failure', words: `not all of it was applied: ${[...left].sort().join(', ')}` };
  const waiting = count('waiting');
  if (waiting > 0) return { state: 'pending', words: `${count('done')} changes made, ${waiting} wait for work to end: apply again later` };
  if (withheld.length > 0) {
    const names = withheld.map(({ algorithm }) => algorithm).join(', ');
    return { state: 'pending', words: `${count('done')} changes made; the clinical owner has not approved ${names}` };
  }
  return { state: 'success', words: outcomes.length > 0 ? `${count('done')} changes made` : 'nothing was to change' };
}

/** One region's report, and where its workers' logs are. */
export interface Applied {
  readonly platform: Platform;
  readonly report: Report;
}

interface AllApplied {
  readonly applied: readonly Applied[];
  readonly withheld: readonly Withheld[];
}

/** @param longest the most characters; without it, all is shown. */
export function resultSection({ applied, withheld }: AllApplied, runUrl: string, longest = Number.POSITIVE_INFINITY): string {
  const logs = applied.map(({ platform, report }) => logLine(platform, [...new Set(report.outcomes.map(({ algorithm }) => algorithm))]));
  const rest = [withheldSection(withheld), ...logs].filter(Boolean).concat(`By [this run](${runUrl}).`).join('\n\n');
  const share = Math.floor((longest - rest.length) / applied.length) - 2;
  return [...applied.map(({ report }) => markdownReport(report, share)), rest].join('\n\n');
}

export function failureSection(words: string, runUrl: string): string {
  return `### ❌ Nothing was applied\n\n${words.split('\n').map(text).join('\n\n')}\n\nBy [this run](${runUrl}).`;
}

export function unapprovedWords(unseen: readonly PlannedChange[], merged: readonly Merged[]): string {
  const named = unseen.slice(0, MOST_NAMED).map(({ action, kind, name }) => `${action} ${kind} ${name}`);
  const more = unseen.length > MOST_NAMED ? ` and ${unseen.length - MOST_NAMED} more` : '';
  const looked = merged.length > 0 ? `The pull requests ${merged.map(({ number }) => `#${number}`).join(', ')}` : 'No pull request';
  return [
    `This would destroy what nobody approved: ${named.join(', ')}${more}.`,
    `${looked} merged since the last complete apply ${merged.length > 0 ? 'do not show it' : 'shows it'}.`,
    'If it is meant, dispatch the workflow with allow = unapproved; else put back what the catalog lost.',
  ].join(' ');
}
