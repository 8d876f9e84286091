/** What people read of a proposal. Pure. */
import { text } from '@mip/reconcile/report/markdown';
import type { Proposed } from './proposal.ts';

/** The end of a pull request's text: what comes of it next. Markdown. */
export function proposedBy(runUrl: string): string {
  return [
    `Proposed by [this run](${runUrl}). What merging it changes is in the plan’s comment, once the checks have run.`,
    'GitHub lets the checks of a pull request that a workflow opened wait: approve them to run, or close and reopen it.',
  ].join(' ');
}

export function proposedSummary(title: string, { number, url, made }: Proposed): string {
  return `### ${text(title)}\n\nPull request [#${number}](${url}) ${made === 'opened' ? 'was opened' : 'was open already and is up to date'}.`;
}
