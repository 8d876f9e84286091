/** A plan and a report as GitHub shows them: a heading that tells the story, then one folded part for each algorithm. Pure. */

import type { ContractDiff } from '@mip/registry/contract-diff';
import type { Outcome, Result } from '../apply.ts';
import type { FieldDiff, PlannedChange, Refusal } from '../change.ts';
import type { CostChange } from '../cost.ts';
import type { Plan } from '../plan.ts';
import type { QuotaUse } from '../quota.ts';
import type { Prepared } from '../reconcile.ts';
import type { Report } from '../run.ts';
import { type Chapter, chaptersOf, countsOf, headlineOf, rangeWords, shown, tightQuotas, versionWords } from './story.ts';

const SIGNS = { create: '➕', update: '✏️', delete: '🗑️' } as const;
/** The longest value of a field that is shown whole. */
const WIDEST_VALUE = 200;

/** @returns Markdown without a trailing new line. */
export function markdownPlan({ plan, dangers }: Pick<Prepared, 'plan' | 'dangers'>): string {
  const chapters = chaptersOf(plan);
  return blocks([
    `### ${plan.platform} in ${plan.region}: ${headlineOf(plan)}`,
    dangers.length > 0 && alert('CAUTION', ['An apply of this plan would be refused.', ...dangers]),
    plan.refusals.length > 0 && alert('WARNING', plan.refusals.map(refusalLine)),
    chapters.length > 0 && table(['', 'algorithm', 'resources', 'risk'], chapters.map(chapterRow)),
    ...chapters.map(details),
    ...consequences(plan),
    `Plan ${code(plan.digest)} of catalog ${code(plan.catalog)}`,
  ]);
}

/** What became of every change, by algorithm. @returns Markdown without a trailing new line. */
export function markdownReport({ plan, outcomes, ok }: Report): string {
  const algorithms = [...Map.groupBy(outcomes, ({ algorithm }) => algorithm)];
  return blocks([
    `### ${plan.platform} in ${plan.region}: ${ok ? 'applied' : 'not all of it was applied'}`,
    plan.refusals.length > 0 && alert('WARNING', plan.refusals.map(refusalLine)),
    algorithms.length > 0 ? table(['algorithm', 'outcome', 'why'], algorithms.map(outcomeRow)) : 'Nothing was to change.',
    `Plan ${code(plan.digest)} of catalog ${code(plan.catalog)}`,
  ]);
}

/** A code span: nothing in it is markup, a link or a mention, whatever the value is. Backticks cannot hold every value in a table. */
export function code(value: string): string {
  return `<code>${escaped(value)}</code>`;
}

/** Text that is shown as it is: no markup, no link, no table cell more; and no mention, which GitHub looks for in what is shown. */
export function text(value: string): string {
  return escaped(value).replaceAll(/(&#64;|&#35;)/g, '$1<!-- -->');
}

/** Everything that Markdown or HTML reads something into, as a character reference. */
function escaped(value: string): string {
  const line = value.replaceAll(/[\r\n]+/g, ' ');
  return line.replaceAll(/[\\`*_{}[\]<>()#+!|~&@]|:(?=\/\/)|(?<=www)\./gi, (character) => `&#${character.codePointAt(0)};`);
}

function consequences({ contracts, cost, quotas, overrides }: Plan): readonly (string | false)[] {
  const tight = tightQuotas(quotas);
  return [
    contracts.length > 0 && `#### What callers notice\n\n${table(['algorithm', 'version', '', 'change'], contracts.flatMap(contractRows))}`,
    cost !== null &&
      cost.changes.length > 0 &&
      `#### Cost, USD a month at prices of ${cost.priced}\n\n${table(['algorithm', 'now', 'then'], cost.changes.map(costRow))}`,
    tight.length > 0 && `#### Quotas\n\n${table(['quota', 'needed', 'at most', 'allowed'], tight.map(quotaRow))}`,
    overrides.length > 0 &&
      `#### Set by hand\n\n${overrides.map(({ algorithm, count, until }) => `- ${code(algorithm)}: ${count} tasks until ${until}`).join('\n')}`,
  ];
}

const EFFECTS = { breaking: '💥', compatible: '➕', wording: '✏️' } as const;

function contractRows(contract: ContractDiff): readonly (readonly string[])[] {
  const head = [code(contract.algorithm), versionWords(contract)];
  if (contract.changes.length === 0) return [[...head, '', 'nothing']];
  return contract.changes.map(({ effect, sentence }, index) => [
    ...(index === 0 ? head : ['', '']),
    `${EFFECTS[effect]} ${effect}`,
    text(sentence),
  ]);
}

function costRow({ algorithm, from, to }: CostChange): readonly string[] {
  return [code(algorithm), rangeWords(from), rangeWords(to)];
}

function quotaRow({ quota, needed, atMost, allowed }: QuotaUse): readonly string[] {
  return [code(quota), String(needed), atMost === null ? '' : String(atMost), String(allowed)];
}

function chapterRow({ algorithm, action, risk, changes }: Chapter): readonly string[] {
  return [SIGNS[action], code(algorithm), countsOf(changes), risk];
}

function details({ algorithm, changes }: Chapter): string {
  const rows = changes.flatMap(changeRows);
  const summary = `<summary>${SIGNS[chaptersOf({ changes })[0]?.action ?? 'update']} <b>${text(algorithm)}</b>: ${countsOf(changes)}</summary>`;
  return `<details>${summary}\n\n${table(['', 'resource', 'field', 'from', 'to', 'cause'], rows)}\n\n</details>`;
}

function changeRows({ kind, name, action, fields, cause }: PlannedChange): readonly (readonly string[])[] {
  const why = cause ? code(`${cause.file}:${cause.line}`) : 'no longer in the catalog';
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
function outcomeRow([algorithm, outcomes]: readonly [string, readonly Outcome[]]): readonly string[] {
  const worst = RESULTS.map(([result]) => outcomes.find((outcome) => outcome.result === result)).find((outcome) => outcome !== undefined);
  const [, sign = ''] = RESULTS.find(([result]) => result === worst?.result) ?? [];
  const why = worst && worst.result !== 'done' ? `${worst.action} ${worst.kind} ${code(worst.name)}: ${text(worst.reason)}` : '';
  return [code(algorithm), `${sign} ${worst?.result ?? ''}`, why];
}

/** From bad to good. */
const RESULTS: readonly (readonly [Result, string])[] = [
  ['failed', '❌'],
  ['refused', '⛔'],
  ['waiting', '⏳'],
  ['skipped', '⏭️'],
  ['done', '✅'],
];

function alert(kind: 'CAUTION' | 'WARNING', lines: readonly string[]): string {
  return [`> [!${kind}]`, ...lines.map((line) => `> - ${line}`)].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function blocks(parts: readonly (string | false)[]): string {
  return parts.filter((part) => part !== false).join('\n\n');
}
