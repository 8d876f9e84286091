/** Drift in words: the issue about it, its comments, the job summary. Pure. */
import { markdownPlan } from '@mip/reconcile';
import { hashOf } from '@mip/reconcile/change';
import { code, text } from '@mip/reconcile/report/markdown';
import { shortened } from '../shared/comment-body.ts';
import type { ShownPlan } from '../shared/plans.ts';

/** What was found, of every region, and when. */
export interface Drift {
  readonly platform: string;
  readonly plans: readonly ShownPlan[];
  readonly commit: string;
  readonly runUrl: string;
}

/** GitHub takes 65,536 characters of an issue's text. */
const LONGEST_BODY = 65_000;

export function differs(plans: Drift['plans']): boolean {
  return plans.some(({ plan }) => plan.changes.length > 0 || plan.refusals.length > 0);
}

/** Of what differs, and of nothing else: a price or a quota is no drift. */
export function digestOf(plans: Drift['plans']): string {
  return hashOf(plans.map(({ plan: { region, changes, refusals } }) => ({ region, changes, refusals })));
}

/** The first line of the issue's text. */
export function markerOf(platform: string): string {
  return `<!-- mip:drift:${platform} -->`;
}

/** The digest that an issue's text keeps; `''` where somebody took it out. */
export function digestIn(body: string): string {
  return /^<!-- mip:drift-digest:(sha256:[0-9a-f]{64}) -->$/m.exec(body)?.[1] ?? '';
}

/** `Drift on north: 2 algorithms differ from Git`. */
export function driftTitle({ platform, plans }: Drift): string {
  return `Drift on ${platform}: ${countWords(plans)} from Git`;
}

/** @param longest the most characters. */
export function driftBody(drift: Drift, longest = LONGEST_BODY): string {
  const { platform, plans } = drift;
  const head = `${markerOf(platform)}\n<!-- mip:drift-digest:${digestOf(plans)} -->`;
  const rest = `${adviceFor(platform)}\n\n${seenBy(drift)} This text is kept up to date; the issue is closed when nothing differs any more.`;
  const share = Math.floor((longest - head.length - rest.length) / plans.length) - 2;
  return [head, ...plans.map((one) => shortened(markdownPlan(one, share), share)), rest].join('\n\n');
}

function adviceFor(platform: string): string {
  return [
    '#### What to do',
    [
      `- Git is right: ${code(`npx mip drift --heal --platform ${platform}`)} puts all of it right. Starting the workflow ${code('catalog-apply')} by hand`,
      '  makes what is missing and removes what is no longer declared, but does not look at single fields that somebody changed.',
      '- What runs is right: change the catalog by a pull request.',
    ].join('\n'),
  ].join('\n\n');
}

/** Its first line says what it is about, so that it is not said twice. */
export function changedComment(drift: Drift): string {
  return `<!-- mip:drift-changed:${digestOf(drift.plans)} -->\nThe drift is another by now: ${countWords(drift.plans)}. ${seenBy(drift)}`;
}

/** @param digest of the drift that is over. */
export function endedComment(drift: Drift, digest: string): string {
  return `<!-- mip:drift-ended:${digest} -->\nAll is as in Git again. ${seenBy(drift)}`;
}

export function driftSummary(drift: Drift): string {
  const { platform, plans } = drift;
  const heading = differs(plans) ? `## ⚠️ ${text(driftTitle(drift))}` : `## ✅ ${text(platform)} is as in Git`;
  const advice = differs(plans) ? [adviceFor(platform)] : [];
  return [heading, ...plans.map((one) => markdownPlan(one)), ...advice, seenBy(drift)].join('\n\n');
}

function seenBy({ commit, runUrl }: Drift): string {
  return `Seen at commit ${code(commit.slice(0, 12))} by [this run](${runUrl}).`;
}

/** `2 algorithms differ`. */
function countWords(plans: Drift['plans']): string {
  const names = new Set(plans.flatMap(({ plan }) => [...plan.changes, ...plan.refusals].map(({ algorithm }) => algorithm)));
  return names.size === 1 ? '1 algorithm differs' : `${names.size} algorithms differ`;
}
