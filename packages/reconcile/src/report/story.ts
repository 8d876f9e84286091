/** A plan as people tell it: by algorithm, in words that every renderer shares. Pure. */

import type { ContractDiff } from '@mip/registry/contract-diff';
import type { Action, PlannedChange, Risk } from '../change.ts';
import type { CostDiff, Range } from '../cost.ts';
import type { Plan } from '../plan.ts';
import type { QuotaUse } from '../quota.ts';

/** What happens to one algorithm: it is new, it goes, or something of it changes. */
export interface Chapter {
  readonly algorithm: string;
  readonly action: Action;
  /** The highest of its changes. */
  readonly risk: Risk;
  readonly changes: readonly PlannedChange[];
}

/** From this share on a quota is worth a word. */
const TIGHT = 0.8;

const RISKS: readonly Risk[] = ['low', 'medium', 'high'];

/** In the plan's order. */
export function chaptersOf({ changes }: Pick<Plan, 'changes'>): readonly Chapter[] {
  return [...Map.groupBy(changes, ({ algorithm }) => algorithm)].map(([algorithm, own]) => ({
    algorithm,
    action: actionOf(own),
    risk: RISKS[Math.max(...own.map(({ risk }) => RISKS.indexOf(risk)))] ?? 'high',
    changes: own,
  }));
}

/** New when all of it is made, row and all; gone when all of it goes, row or service first; else changed. */
function actionOf(changes: readonly PlannedChange[]): Action {
  const all = (action: Action) => changes.every((change) => change.action === action);
  if (all('delete') && changes.some(({ kind }) => kind !== 'image-repository')) return 'delete'; // an image that comes from elsewhere leaves its repository
  return all('create') && changes.length > 1 ? 'create' : 'update';
}

/** `2 to create, 1 to change, nothing destroyed, +12.34 USD a month`: algorithms, not resources. */
export function headlineOf(plan: Pick<Plan, 'changes' | 'cost'>): string {
  const chapters = chaptersOf(plan);
  if (chapters.length === 0) return 'nothing to change';
  const count = (wanted: Action) => chapters.filter(({ action }) => action === wanted).length;
  const made = [
    [count('create'), 'to create'],
    [count('update'), 'to change'],
  ] as const;
  const words = made.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  const destroyed = count('delete');
  const cost = costWords(plan.cost);
  return [...words, destroyed > 0 ? `${destroyed} to destroy` : 'nothing destroyed', ...(cost ? [cost] : [])].join(', ');
}

/** `+12.34 USD a month`, or from the least to the most; '' where nothing changes, and a word where no price is known. */
export function costWords(cost: CostDiff | null): string {
  if (!cost) return 'at a price that is not known';
  const [least, most] = [cost.to.min - cost.from.min, cost.to.max - cost.from.max].map(money);
  if (cost.changes.length === 0) return '';
  return least === most ? `${least} USD a month` : `${least} to ${most} USD a month`;
}

/** Cents, with a sign. */
function money(amount: number): string {
  const cents = Math.abs(amount).toFixed(2);
  return `${amount < 0 && cents !== '0.00' ? '−' : '+'}${cents}`;
}

/** `36.04 … 288.32`, or one number where both are the same. */
export function rangeWords(range: Range | null): string {
  if (!range) return '–';
  return range.min === range.max ? range.min.toFixed(2) : `${range.min.toFixed(2)} … ${range.max.toFixed(2)}`;
}

/** `1.0.0 → 1.1.0`, and what the version should have been. */
export function versionWords({ from, to, needs, satisfied }: ContractDiff): string {
  const step = from === to ? from : `${from} → ${to}`;
  return satisfied ? step : `${step}, needs ${needs}`;
}

/** The quotas of which more than a part is used, by the least or the most that may run. */
export function tightQuotas(quotas: readonly QuotaUse[]): readonly QuotaUse[] {
  return quotas.filter(({ needed, atMost, allowed }) => Math.max(needed, atMost ?? 0) > allowed * TIGHT);
}

/** `3 to create, 1 to update`: the resources of one algorithm. */
export function countsOf(changes: readonly PlannedChange[]): string {
  const actions: readonly Action[] = ['create', 'update', 'delete'];
  return actions
    .map((action) => [changes.filter((change) => change.action === action).length, action] as const)
    .filter(([number]) => number > 0)
    .map(([number, action]) => `${number} to ${action}`)
    .join(', ');
}

/** Of a character that was cut in two. */
const HALF = /[\ud800-\udbff]$/;

/** A value as it is shown: nothing for null, text as it is, anything else as JSON. */
export function shown(value: unknown, longest: number): string {
  const text = value === null ? '(none)' : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest).replace(HALF, '')}…` : text;
}
