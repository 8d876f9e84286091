/** Results as lines for people; an algorithm's words are printable in them. Pure; colour is asked for, never guessed. */
import { printable } from '@mip/catalog/printable';
import Table from 'cli-table3';
import picocolors from 'picocolors';
import { type CaseResult, type Conformance, hasPassed } from '../result.ts';
import { countsOf, distanceOf, endingOf, outcomesOf, STATUS, secondsOf, titleOf, volumesOf } from './words.ts';

const LINES = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'];
const CHARS = {
  ...Object.fromEntries([...LINES, 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'].map((place) => [place, ''])),
  middle: '  ',
};

/** A table of the cases, what is wrong below it, and a line that counts. */
export function renderConformance(conformance: Conformance, { colour }: { colour: boolean }): string {
  const colours = picocolors.createColors(colour);
  const { cases, old } = conformance;
  const paint = { passed: colours.green, failed: colours.red, 'not-run': colours.yellow };
  const compared = 'version' in old;
  const head = ['case', 'result', 'expected by', 'against what is expected', ...(compared ? ['new against old'] : []), 'ended', 'time'];
  const made = new Table({ head, style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 }, chars: CHARS });
  for (const one of cases) made.push(rowOf(one, compared, paint[one.status](STATUS[one.status])));
  const reasons = cases.flatMap((one) => one.reasons.map((reason) => paint[one.status](printable(`${one.name}: ${reason}`))));
  const approvals = cases.flatMap((one) =>
    one.approval.map((reason) => printable(`${one.name} needs the clinical owner's approval: ${reason}`)),
  );
  const verdict = hasPassed(conformance) ? colours.green('passed') : colours.red('failed');
  return [
    made.toString(),
    ...reasons,
    ...approvals.map(colours.yellow),
    ...('absent' in old ? [printable(old.absent)] : []),
    `${titleOf(conformance)}, ran ${conformance.place}: ${verdict} (${countsOf(cases)})`,
  ].join('\n');
}

function rowOf(one: CaseResult, compared: boolean, status: string): string[] {
  const change = one.change && [changeOf(one.change), volumesOf(one.change)].filter(Boolean).join('; ');
  const ended = one.change ? outcomesOf(one.change) : endingOf(one);
  return [
    one.name,
    status,
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
