/** Results as GitHub shows them: a heading that tells the story, old beside new folded below it. Pure. */
import { code, table, text } from '@mip/reconcile/report/markdown';
import { type CaseResult, type Conformance, hasPassed } from '../result.ts';
import { countsOf, distanceOf, endingOf, outcomesOf, rounded, samplesOf, secondsOf, titleOf, volumesOf } from './words.ts';

const SIGNS = { passed: '✅', failed: '❌' } as const;

export interface SectionOptions {
  /** Where the report with the pictures is. */
  readonly report?: string;
  /** The most characters; what passed is left out first, then the tables. */
  readonly longest?: number;
}

/** The section `conformance` of a pull request's comment, without a trailing new line. */
export function markdownSection(all: readonly Conformance[], { report, longest = Number.POSITIVE_INFINITY }: SectionOptions = {}): string {
  const cases = all.flatMap((one) => one.cases);
  const verdict = all.every(hasPassed) ? 'passed' : 'failed';
  const heading = all.length === 0 ? 'no algorithm to build, no case to run' : `${verdict}, ${countsOf(cases)}`;
  const link = report ? [`[Pictures of every case](${report})`] : [];
  const sections = [whole, shorter, shortest].map((body) => [`### Conformance: ${heading}`, ...body(all), ...link].join('\n\n'));
  return sections.find((section) => section.length <= longest) ?? (sections.at(-1) as string);
}

function whole(all: readonly Conformance[]): readonly string[] {
  return [...alert(approvalsOf(all)), ...all.map(details)];
}

/** Only what somebody has to look at. */
function shorter(all: readonly Conformance[]): readonly string[] {
  const shown = all.filter((one) => !hasPassed(one) || one.cases.some(({ approval }) => approval.length > 0));
  const passed = all.length - shown.length;
  return [...whole(shown), ...(passed > 0 ? [`${SIGNS.passed} ${passed} more passed: their numbers are in the report.`] : [])];
}

function shortest(all: readonly Conformance[]): readonly string[] {
  const failed = all.filter((one) => !hasPassed(one));
  const names = failed.slice(0, MOST_NAMED).map(({ algorithm }) => code(algorithm));
  const more = failed.length > MOST_NAMED ? ` and ${failed.length - MOST_NAMED} more` : '';
  const approvals = approvalsOf(all);
  const hidden = approvals.length > MOST_NAMED ? [`… and ${approvals.length - MOST_NAMED} more`] : [];
  return [
    ...alert([...approvals.slice(0, MOST_NAMED), ...hidden]),
    ...(failed.length > 0 ? [`${SIGNS.failed} ${names.join(', ')}${more}`] : []),
    'The numbers are in the report.',
  ];
}

const MOST_NAMED = 20;

function alert(lines: readonly string[]): readonly string[] {
  return lines.length > 0 ? [`> [!IMPORTANT]\n${lines.map((line) => `> - ${line}`).join('\n')}`] : [];
}

function approvalsOf(all: readonly Conformance[]): readonly string[] {
  return all.flatMap((one) => one.cases.flatMap(({ name, approval }) => approval.map((reason) => approvalLine(one, name, reason))));
}

function approvalLine({ algorithm, clinicalOwner }: Conformance, name: string, reason: string): string {
  const owner = clinicalOwner ? code(clinicalOwner) : 'the clinical owner';
  return `${code(`${algorithm}/${name}`)} needs the approval of ${owner}: ${text(reason)}`;
}

function details(conformance: Conformance): string {
  const { cases, old, place } = conformance;
  const sign = hasPassed(conformance) ? SIGNS.passed : SIGNS.failed;
  const reasons = cases.flatMap((one) => one.reasons.map((reason) => `- ${SIGNS[one.status]} ${code(one.name)}: ${text(reason)}`));
  const words =
    'version' in old
      ? `Ran ${place}, version ${code(old.version)} beside it.`
      : `Ran ${place}. Without an old version: ${text(old.absent)}.`;
  return [
    // What failed is not folded.
    `<details${hasPassed(conformance) ? '' : ' open'}><summary>${sign} ${text(titleOf(conformance))}: ${countsOf(cases)}</summary>`,
    words,
    'version' in old
      ? comparedTable(cases)
      : table(['case', 'result', 'expected by', 'against what is expected', 'ended', 'time'], cases.map(row)),
    ...(reasons.length > 0 ? [reasons.join('\n')] : []),
    '</details>',
  ].join('\n\n');
}

function row(one: CaseResult): readonly string[] {
  const ending = code(endingOf(one) || '–');
  return [...about(one), ending, secondsOf(one.seconds)];
}

function about(one: CaseResult): readonly string[] {
  return [code(one.name), `${SIGNS[one.status]} ${one.status}`, one.expectedBy, text(distanceOf(one.expected))];
}

function comparedTable(cases: readonly CaseResult[]): string {
  const head = ['case', 'result', 'expected by', 'against what is expected', 'new against old', 'Dice', 'volume', 'outcome', 'time'];
  return table(head, cases.map(comparedRow));
}

function comparedRow(one: CaseResult): readonly string[] {
  const { change } = one;
  if (!change) return [...about(one), '–', '', '', code(endingOf(one) || '–'), secondsOf(one.seconds)];
  const apart = change.same ? 'the same' : text(samplesOf(change));
  const dice = change.dice === undefined ? '' : rounded(change.dice);
  const times = `${secondsOf(change.old_seconds)} → ${secondsOf(one.seconds)}`;
  return [...about(one), apart, dice, volumesOf(change), code(outcomesOf(change)), times];
}
