/**
 * What plan and apply found, as lines for people. Pure; colour is asked for, never guessed. Whatever the catalog or AWS says is made printable:
 * it cannot move the cursor, and to a runner that reads the lines it is no command.
 */

import { printable } from '@mip/catalog/printable';
import type { Effect } from '@mip/registry/contract-diff';
import picocolors from 'picocolors';
import type { Outcome, Result } from '../apply.ts';
import type { CallCount } from '../aws/calls.ts';
import type { Action, FieldDiff, PlannedChange, Refusal, Risk } from '../change.ts';
import type { Plan } from '../plan.ts';
import { QUOTA_NAMES } from '../quota.ts';
import type { Prepared } from '../reconcile.ts';
import type { Report } from '../run.ts';
import {
  aloneWords,
  byHandOf,
  type Chapter,
  chaptersOf,
  countsOf,
  quotaWords,
  rangeWords,
  shown,
  tightQuotas,
  titleOf,
  versionWords,
  worstFirst,
} from './story.ts';

type Colours = ReturnType<typeof picocolors.createColors>;
type Paint = 'green' | 'yellow' | 'red' | 'dim';

const SIGNS: Readonly<Record<Action, { sign: string; paint: Paint }>> = {
  create: { sign: '+', paint: 'green' },
  update: { sign: '~', paint: 'yellow' },
  delete: { sign: '-', paint: 'red' },
};
const RISKS: Readonly<Record<Risk, Paint>> = { low: 'dim', medium: 'yellow', high: 'red' };
const RESULTS: Readonly<Record<Result, Paint>> = { done: 'green', failed: 'red', refused: 'red', waiting: 'yellow', skipped: 'dim' };

/** The longest value of a field that is shown whole. */
const WIDEST_VALUE = 60;

/** The plan by algorithm, then what is refused and what makes it dangerous, then a line that counts. */
export function renderPlan({ plan, dangers }: Pick<Prepared, 'plan' | 'dangers'>, { colour }: { colour: boolean }): string {
  const colours = picocolors.createColors(colour);
  const lines = [
    ...chaptersOf(plan).flatMap((chapter) => [
      chapterLine(chapter, colours),
      ...chapter.changes.flatMap((change) => changeLines(change, colours)),
    ]),
    ...consequenceLines(plan, colours),
    ...plan.refusals.map((refusal) => refusalLine(refusal, colours)),
    ...dangers.map((danger) => colours.red(`! ${printable(danger)}`)),
    `${placeOf(plan)}: ${titleOf({ plan, dangers })} ${colours.dim(plan.digest)}`,
  ];
  return lines.join('\n');
}

/** What became of every change that is not simply done, then a line that counts results and AWS calls. */
export function renderReport(report: Report, { colour }: { colour: boolean }): string {
  const colours = picocolors.createColors(colour);
  const lines = [
    ...report.outcomes.filter(({ result }) => result !== 'done').map((outcome) => outcomeLine(outcome, colours)),
    ...report.plan.refusals.map((refusal) => refusalLine(refusal, colours)),
    reportSummary(report, colours),
  ];
  return lines.join('\n');
}

function chapterLine({ algorithm, action, changes }: Chapter, colours: Colours): string {
  const { sign, paint } = SIGNS[action];
  return `${colours[paint](sign)} ${colours.bold(printable(algorithm))}: ${countsOf(changes)}`;
}

function changeLines({ kind, name, action, fields, cause, risk }: PlannedChange, colours: Colours): readonly string[] {
  const { sign, paint } = SIGNS[action];
  const where = colours.dim(cause ? `${printable(cause.file)}:${cause.line}` : 'no longer in the catalog');
  const head = `  ${colours[paint](sign)} ${kind.padEnd(16)} ${printable(name).padEnd(40)} ${colours[RISKS[risk]](risk.padEnd(6))} ${where}`;
  return action === 'update' ? [head, ...fields.map((field) => fieldLine(field, colours))] : [head];
}

function consequenceLines(plan: Plan, colours: Colours): readonly string[] {
  const { contracts, cost } = plan;
  const heading = (title: string, lines: readonly string[]) =>
    lines.length > 0 ? [colours.bold(title), ...lines.map((line) => `  ${line}`)] : [];
  const callers = contracts.flatMap((contract) =>
    worstFirst(contract).map(
      ({ effect, sentence }) =>
        `${printable(`${contract.algorithm} ${versionWords(contract)}`)}: ${colours[EFFECTS[effect]](effect)}, ${printable(sentence)}`,
    ),
  );
  const costs = (cost?.changes ?? []).map(({ algorithm, from, to }) => `${printable(algorithm)}: ${rangeWords(from)} → ${rangeWords(to)}`);
  const unpriced = (cost?.unknown ?? []).map((algorithm) => `${printable(algorithm)}: runs on GPUs, whose price is not known`);
  const tight = tightQuotas(plan).map((use) => `${QUOTA_NAMES[use.quota]}: ${quotaWords(use)}`);
  const byHand = byHandOf(plan).map(({ algorithm, words }) => printable(`${algorithm}: ${words}`));
  return [
    ...heading('What callers notice', callers),
    ...heading(`Cost, USD a month from the fewest to the most tasks, prices of ${cost?.priced}`, [...costs, ...unpriced]),
    ...heading('Quotas', tight),
    ...heading('Set by hand', byHand),
  ];
}

const EFFECTS: Readonly<Record<Effect, Paint>> = { breaking: 'red', compatible: 'yellow', wording: 'dim' };

function fieldLine({ path, from, to }: FieldDiff, colours: Colours): string {
  const value = (one: unknown) => printable(shown(one, WIDEST_VALUE));
  return `      ${printable(path)}  ${colours.red(value(from))} → ${colours.green(value(to))}`;
}

function refusalLine({ algorithm, reason }: Refusal, colours: Colours): string {
  return `${colours.red('!')} ${colours.bold(printable(algorithm))} is left alone: ${printable(reason)}`;
}

function outcomeLine({ algorithm, kind, name, action, result, reason }: Outcome, colours: Colours): string {
  return `${colours[RESULTS[result]](result.padEnd(7))} ${printable(`${algorithm}: ${action} ${kind} ${name}: ${reason}`)}`;
}

function placeOf({ platform, region }: Plan): string {
  return printable(`${platform} in ${region}`);
}

function reportSummary({ plan, outcomes, calls, ok }: Report, colours: Colours): string {
  const counts = (Object.keys(RESULTS) as Result[])
    .map((result) => ({ result, count: outcomes.filter((outcome) => outcome.result === result).length }))
    .filter(({ count }) => count > 0)
    .map(({ result, count }) => `${count} ${result}`);
  const done = counts.length > 0 ? counts.join(', ') : 'nothing to change';
  return `${(ok ? colours.green : colours.red)(placeOf(plan))}: ${done}${aloneWords(plan)}; ${totalOf(calls)} AWS calls`;
}

function totalOf(calls: readonly CallCount[]): number {
  return calls.reduce((sum, { count, retries }) => sum + count + retries, 0);
}
