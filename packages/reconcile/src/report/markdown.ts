/** A plan and a report as GitHub shows them: a heading that tells the story, what it means, then a folded part for each algorithm. Pure. */

import { visible } from '@mip/catalog/printable';
import type { ContractDiff } from '@mip/registry/contract-diff';
import type { Outcome, Result } from '../apply.ts';
import type { Cause, FieldDiff, PlannedChange, Refusal } from '../change.ts';
import type { CostChange } from '../cost.ts';
import type { Plan } from '../plan.ts';
import { QUOTA_NAMES, type QuotaUse } from '../quota.ts';
import type { Prepared } from '../reconcile.ts';
import type { Report } from '../run.ts';
import {
  aloneWords,
  byHandOf,
  type Chapter,
  chaptersOf,
  countsOf,
  rangeWords,
  shown,
  tightQuotas,
  titleOf,
  versionWords,
  worstFirst,
} from './story.ts';

const SIGNS = { create: '➕', update: '✏️', delete: '🗑️' } as const;
/** The longest value of a field that is shown whole. */
const WIDEST_VALUE = 200;

/** How much of a long report is shown. */
interface Limits {
  /** Folded parts. */
  readonly details: number;
  /** Rows of each table, lines of each list. */
  readonly rows: number;
}

/**
 * What is too long leaves out folded parts first, then rows of tables, and says so.
 * @param longest the most characters. @returns Markdown without a trailing new line.
 */
export function markdownPlan(prepared: Pick<Prepared, 'plan' | 'dangers'>, longest = Number.POSITIVE_INFINITY): string {
  const chapters = chaptersOf(prepared.plan);
  return fitting(longest, chapters.length, (limits) => planWithin(prepared, chapters, limits));
}

/** What became of every change, by algorithm, the worst first. @returns Markdown without a trailing new line. */
export function markdownReport(report: Report, longest = Number.POSITIVE_INFINITY): string {
  return fitting(longest, 0, (limits) => reportWithin(report, limits));
}

/** The fullest of ever shorter texts that fits; the shortest where none does. */
function fitting(longest: number, details: number, render: (limits: Limits) => string): string {
  const halves = [
    ...new Set(Array.from({ length: Math.ceil(Math.log2(details + 1)) + 1 }, (_, power) => Math.floor(details / 2 ** power))),
  ];
  const limits = [
    ...halves.map((shown) => ({ details: shown, rows: Number.POSITIVE_INFINITY })),
    ...FEW_ROWS.map((rows) => ({ details: 0, rows })),
  ];
  let text = '';
  for (const one of limits) {
    text = render(one);
    if (text.length <= longest) return text;
  }
  return text;
}

const FEW_ROWS = [400, 200, 100, 50, 20, 5];

function planWithin({ plan, dangers }: Pick<Prepared, 'plan' | 'dangers'>, chapters: readonly Chapter[], limits: Limits): string {
  const { rows } = limits;
  const hidden = chapters.length - limits.details;
  return blocks([
    `### ${text(`${plan.platform} in ${plan.region}`)}: ${titleOf({ plan, dangers })}`,
    dangers.length > 0 && alert('CAUTION', ['An apply of this plan would be refused.', ...dangers.map(text)], rows),
    plan.refusals.length > 0 && alert('WARNING', plan.refusals.map(refusalLine), rows),
    chapters.length > 0 && table(['', 'algorithm', 'resources', 'risk'], chapters.map(chapterRow), rows),
    ...consequences(plan, rows),
    ...chapters.slice(0, limits.details).map(details),
    hidden > 0 &&
      `_The details of ${hidden} ${hidden === 1 ? 'algorithm are' : 'algorithms are'} left out here; the summary of the job has them._`,
    `Plan ${code(plan.digest)} of catalog ${code(plan.catalog)}`,
  ]);
}

function reportWithin({ plan, outcomes }: Report, { rows }: Limits): string {
  const algorithms = [...Map.groupBy(outcomes, ({ algorithm }) => algorithm)].map(([algorithm, own]) => ({
    algorithm,
    worst: worstOf(own),
  }));
  const badFirst = algorithms.toSorted((a, b) => rankOf(a.worst) - rankOf(b.worst));
  return blocks([
    `### ${text(`${plan.platform} in ${plan.region}`)}: ${resultWords(algorithms.map(({ worst }) => worst))}${aloneWords(plan)}`,
    plan.refusals.length > 0 && alert('WARNING', plan.refusals.map(refusalLine), rows),
    algorithms.length > 0 ? table(['algorithm', 'outcome', 'why'], badFirst.map(outcomeRow), rows) : 'Nothing was to change.',
    `Plan ${code(plan.digest)} of catalog ${code(plan.catalog)}`,
  ]);
}

/** A code span: nothing in it is markup, a link or a mention, whatever the value is. Backticks cannot hold every value in a table. */
export function code(value: string): string {
  return `<code>${escaped(value)}</code>`;
}

/** Text that is shown as it is: no markup, no link, no table cell more; and no mention, which GitHub looks for in what is shown. */
export function text(value: string): string {
  return escaped(value.replaceAll(/\s*[\r\n]+\s*/g, ' ')).replaceAll(/(&#64;|&#35;)/g, '$1<!-- -->');
}

/** Everything that Markdown or HTML reads something into, as a character reference; what cannot be seen, as an escape. */
function escaped(value: string): string {
  return visible(value).replaceAll(/[\\`*_{}[\]<>()#+!|~&@]|:(?=\/\/)|(?<=www)\./gi, (character) => `&#${character.codePointAt(0)};`);
}

function consequences(plan: Plan, rows: number): readonly (string | false)[] {
  const { contracts, cost } = plan;
  const set = byHandOf(plan);
  const tight = tightQuotas(plan);
  return [
    contracts.length > 0 &&
      `#### What callers notice\n\n${table(['algorithm', 'version', '', 'change'], contracts.flatMap(contractRows), rows)}`,
    cost !== null &&
      cost.changes.length + (cost.unknown?.length ?? 0) > 0 &&
      `#### Cost, USD a month from the fewest to the most tasks, prices of ${cost.priced}\n\n${table(['algorithm', 'now', 'then'], [...cost.changes.map(costRow), ...(cost.unknown ?? []).map(unpricedRow)], rows)}`,
    tight.length > 0 && `#### Quotas\n\n${table(['', 'at any time', 'all at their most tasks', 'allowed'], tight.map(quotaRow), rows)}`,
    set.length > 0 &&
      `#### Set by hand\n\n${list(
        set.map(({ algorithm, words }) => `${code(algorithm)}: ${text(words)}`),
        rows,
      )}`,
  ];
}

const EFFECTS = { breaking: '💥', compatible: '➕', wording: '✏️' } as const;

function contractRows(contract: ContractDiff): readonly (readonly string[])[] {
  const head = [code(contract.algorithm), text(versionWords(contract))];
  if (contract.changes.length === 0) return [[...head, '', 'nothing']];
  return worstFirst(contract).map(({ effect, sentence }, index) => [
    ...(index === 0 ? head : ['', '']),
    `${EFFECTS[effect]} ${effect}`,
    text(sentence),
  ]);
}

function costRow({ algorithm, from, to }: CostChange): readonly string[] {
  return [code(algorithm), rangeWords(from), rangeWords(to)];
}

/** In both columns, for nobody knows. */
function unpricedRow(algorithm: string): readonly string[] {
  return [code(algorithm), 'runs on GPUs:', 'not known'];
}

function quotaRow({ quota, needed, atMost, allowed }: QuotaUse): readonly string[] {
  return [QUOTA_NAMES[quota], String(needed), atMost === null ? '' : String(atMost), String(allowed)];
}

function chapterRow({ algorithm, action, risk, changes }: Chapter): readonly string[] {
  return [SIGNS[action], code(algorithm), countsOf(changes), risk];
}

function details({ algorithm, action, changes }: Chapter): string {
  const summary = `<summary>${SIGNS[action]} <b>${text(algorithm)}</b>: ${countsOf(changes)}</summary>`;
  const body = resourceList(changes) ?? table(['', 'resource', 'field', 'from', 'to', 'cause'], changes.flatMap(changeRows));
  return `<details>${summary}\n\n${body}\n\n</details>`;
}

/** What is new or goes as a whole has one cause and no fields to show; undefined where that is not so. */
function resourceList(changes: readonly PlannedChange[]): string | undefined {
  const causes = new Set(changes.map(({ action, cause }) => (action === 'update' ? undefined : causeWords(cause))));
  const [why] = causes;
  if (causes.size !== 1 || why === undefined) return undefined;
  const resources = changes.map(({ action, kind, name }) => `${SIGNS[action]} ${kind} ${code(name)}`);
  return `Cause: ${why}\n\n${list(resources, Number.POSITIVE_INFINITY)}`;
}

function causeWords(cause: Cause | null): string {
  return cause ? code(`${cause.file}:${cause.line}`) : 'no longer in the catalog';
}

function changeRows({ kind, name, action, fields, cause }: PlannedChange): readonly (readonly string[])[] {
  const why = causeWords(cause);
  const head = [SIGNS[action], `${kind} ${code(name)}`];
  if (action !== 'update') return [[...head, '', '', '', why]];
  return fields.map((field, index) => [...(index === 0 ? head : ['', '']), ...fieldCells(field), index === 0 ? why : '']);
}

function fieldCells({ path, from, to }: FieldDiff): readonly string[] {
  return [code(path), code(shown(from, WIDEST_VALUE)), code(shown(to, WIDEST_VALUE))];
}

function refusalLine({ algorithm, reason }: Refusal): string {
  return `${code(algorithm)} is left alone: ${text(reason)}`;
}

/** The worst result of an algorithm says what became of it. */
function worstOf(outcomes: readonly Outcome[]): Outcome | undefined {
  return outcomes.toSorted((a, b) => rankOf(a) - rankOf(b))[0];
}

function rankOf(outcome: Outcome | undefined): number {
  return RESULTS.findIndex(([result]) => result === outcome?.result);
}

function outcomeRow({ algorithm, worst }: { readonly algorithm: string; readonly worst: Outcome | undefined }): readonly string[] {
  const sign = RESULTS[rankOf(worst)]?.[1] ?? '';
  const why = worst && worst.result !== 'done' ? `${worst.action} ${worst.kind} ${code(worst.name)}: ${text(worst.reason)}` : '';
  return [code(algorithm), `${sign} ${worst?.result ?? ''}`, why];
}

/** `applied to 3 of 4 algorithms`. */
function resultWords(all: readonly (Outcome | undefined)[]): string {
  const count = (...wanted: readonly Result[]) => all.filter((one) => one && wanted.includes(one.result)).length;
  if (all.length === 0) return 'nothing to change';
  const waits = count('waiting') > 0 ? `, ${count('waiting')} to be finished by a later run` : '';
  return all.length === count('done', 'waiting') ? `applied${waits}` : `applied to ${count('done')} of ${all.length} algorithms${waits}`;
}

/** From bad to good. */
const RESULTS: readonly (readonly [Result, string])[] = [
  ['failed', '❌'],
  ['refused', '⛔'],
  ['waiting', '⏳'],
  ['skipped', '⏭️'],
  ['done', '✅'],
];

function alert(kind: 'CAUTION' | 'WARNING', lines: readonly string[], most: number): string {
  return `> [!${kind}]\n${list(lines, most, '> - ')}`;
}

function list(lines: readonly string[], most: number, bullet = '- '): string {
  const more = lines.length > most ? [`… and ${lines.length - most} more`] : [];
  return [...lines.slice(0, most), ...more].map((line) => `${bullet}${line}`).join('\n');
}

/** @param most the rows that are shown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], most = Number.POSITIVE_INFINITY): string {
  const more = rows.length > most ? [head.map((_, column) => (column === 0 ? `… and ${rows.length - most} more` : ''))] : [];
  return [head, head.map(() => '---'), ...rows.slice(0, most), ...more].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function blocks(parts: readonly (string | false)[]): string {
  return parts.filter((part) => part !== false).join('\n\n');
}
