/** Results as GitHub shows them: a heading that tells the story, old beside new folded below it. Pure. */
import { code, text } from '@mip/reconcile/report/markdown';
import { type CaseResult, type Conformance, hasPassed } from '../result.ts';
import { countsOf, distanceOf, endingOf, outcomesOf, rounded, STATUS, samplesOf, secondsOf, titleOf, volumesOf } from './words.ts';

const SIGNS = { passed: '✅', failed: '❌', 'not-run': '⚪' } as const;

/**
 * The section `conformance` of a pull request's comment, without a trailing new line.
 * @param report where the report with the pictures is, where it is known
 */
export function markdownSection(all: readonly Conformance[], report?: string): string {
  const cases = all.flatMap((one) => one.cases);
  const verdict = all.every(hasPassed) ? 'passed' : 'failed';
  const heading = all.length === 0 ? 'no algorithm to build, no case to run' : `${verdict}, ${countsOf(cases)}`;
  const approvals = all.flatMap((one) =>
    one.cases.flatMap(({ name, approval }) => approval.map((reason) => approvalLine(one, name, reason))),
  );
  return [
    `### Conformance: ${heading}`,
    ...(approvals.length > 0 ? [`> [!IMPORTANT]\n${approvals.map((line) => `> - ${line}`).join('\n')}`] : []),
    ...all.map(details),
    ...(report ? [`[Pictures of every case](${report})`] : []),
  ].join('\n\n');
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
  return [code(one.name), `${SIGNS[one.status]} ${STATUS[one.status]}`, one.expectedBy, text(distanceOf(one.expected))];
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

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
