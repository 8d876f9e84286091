/** Results as lines for people; an algorithm's words are printable in them. Pure; colour is asked for, never guessed. */
import { printable } from '@mip/catalog/printable';
import picocolors from 'picocolors';
import { type CaseResult, type Conformance, hasPassed } from '../result.ts';
import { countsOf, distanceOf, endingOf, outcomesOf, secondsOf, titleOf, volumesOf } from './words.ts';

/** A table of the cases, what is wrong below it, and a line that counts. */
export function renderConformance(conformance: Conformance, { colour }: { colour: boolean }): string {
  const colours = picocolors.createColors(colour);
  const { cases, old } = conformance;
  const paint = { passed: colours.green, failed: colours.red };
  const compared = 'version' in old;
  const head = ['case', 'result', 'expected by', 'against what is expected', ...(compared ? ['new against old'] : []), 'ended', 'time'];
  const reasons = cases.flatMap((one) => one.reasons.map((reason) => paint[one.status](printable(`${one.name}: ${reason}`))));
  const approvals = cases.flatMap((one) =>
    one.approval.map((reason) => printable(`${one.name} needs the clinical owner's approval: ${reason}`)),
  );
  const verdict = hasPassed(conformance) ? colours.green('passed') : colours.red('failed');
  return [
    ...columns([head, ...cases.map((one) => rowOf(one, compared))]),
    ...reasons,
    ...approvals.map(colours.yellow),
    ...('absent' in old ? [printable(old.absent)] : []),
    `${titleOf(conformance)}, ran ${conformance.place}: ${verdict} (${countsOf(cases)})`,
  ].join('\n');
}

function rowOf(one: CaseResult, compared: boolean): readonly string[] {
  const change = one.change && [changeOf(one.change), volumesOf(one.change)].filter(Boolean).join('; ');
  const ended = one.change ? outcomesOf(one.change) : endingOf(one);
  return [
    one.name,
    one.status,
    one.expectedBy,
    distanceOf(one.expected),
    ...(compared ? [change ?? ''] : []),
    printable(ended),
    secondsOf(one.seconds),
  ];
}

function changeOf(change: NonNullable<CaseResult['change']>): string {
  return change.same ? 'the same' : distanceOf(change);
}

/** Rows of one width for each column. */
function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
