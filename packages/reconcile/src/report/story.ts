/** A plan as people tell it: by algorithm, in words that every renderer shares. Pure. */

import type { ContractChange, ContractDiff, Effect } from '@mip/registry/contract-diff';
import type { Action, PlannedChange, Risk } from '../change.ts';
import type { CostDiff, Range } from '../cost.ts';
import { pinWords } from '../pin-words.ts';
import type { Plan } from '../plan.ts';
import type { QuotaUse } from '../quota.ts';
import type { Prepared } from '../reconcile.ts';

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
const EFFECTS: readonly Effect[] = ['breaking', 'compatible', 'wording'];

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

/** The headline, and whether an apply would come to anything. */
export function titleOf({ plan, dangers }: Pick<Prepared, 'plan' | 'dangers'>): string {
  if (dangers.length === 0) return headlineOf(plan);
  return plan.changes.length > 0 ? `would be refused (${headlineOf(plan)})` : 'would be refused';
}

/** `2 to create, 1 to change, nothing destroyed, 12.34 USD a month more, 1 left alone`: algorithms, not resources. */
export function headlineOf(plan: Pick<Plan, 'changes' | 'cost' | 'refusals'>): string {
  return `${changeWords(plan).join(', ')}${aloneWords(plan)}`;
}

/** `, 2 left alone`, where anything is. */
export function aloneWords({ refusals }: Pick<Plan, 'refusals'>): string {
  const alone = new Set(refusals.map(({ algorithm }) => algorithm)).size;
  return alone > 0 ? `, ${alone} left alone` : '';
}

function changeWords(plan: Pick<Plan, 'changes' | 'cost'>): readonly string[] {
  const chapters = chaptersOf(plan);
  if (chapters.length === 0) return ['nothing to change'];
  const count = (wanted: Action) => chapters.filter(({ action }) => action === wanted).length;
  const made = [
    [count('create'), 'to create'],
    [count('update'), 'to change'],
  ] as const;
  const words = made.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  const destroyed = count('delete');
  const cost = costWords(plan.cost);
  return [...words, destroyed > 0 ? `${destroyed} to destroy` : 'nothing destroyed', ...(cost ? [cost] : [])];
}

/** `12.34 USD a month more`, or from the least to the most; '' where nothing changes, and a word where no price is known. */
export function costWords(cost: CostDiff | null): string {
  if (!cost) return 'at a price that is not known';
  const known = knownCostWords(cost);
  return cost.unknown ? [known, 'on GPUs at a price that is not known'].filter(Boolean).join(', ') : known;
}

function knownCostWords(cost: CostDiff): string {
  if (cost.changes.length === 0) return '';
  const cents = [cost.to.min - cost.from.min, cost.to.max - cost.from.max].map((amount) => Math.round(amount * 100));
  const [least = 0, most = 0] = cents;
  if (least === 0 && most === 0) return 'at the same cost';
  if (least * most < 0) return `${signed(least)} to ${signed(most)} USD a month`;
  const range = least === most ? money(least) : `${money(least)} to ${money(most)}`;
  return `${range} USD a month ${least + most > 0 ? 'more' : 'less'}`;
}

/** @param cents with a sign, which is left out. */
function money(cents: number): string {
  return (Math.abs(cents) / 100).toFixed(2);
}

function signed(cents: number): string {
  return `${cents < 0 ? '−' : '+'}${money(cents)}`;
}

/** `36.04 … 288.32`, or one number where both are the same. */
export function rangeWords(range: Range | null): string {
  if (!range) return '–';
  return range.min === range.max ? range.min.toFixed(2) : `${range.min.toFixed(2)} … ${range.max.toFixed(2)}`;
}

/** What people set for a while and the plan keeps to. */
export function byHandOf({
  overrides,
  pins,
}: Pick<Plan, 'overrides' | 'pins'>): readonly { readonly algorithm: string; readonly words: string }[] {
  return [
    ...overrides.map(({ algorithm, count, until }) => ({ algorithm, words: `${count} tasks until ${until}` })),
    ...pins.map(({ algorithm, ...pin }) => ({ algorithm, words: pinWords(pin) })),
  ];
}

/** What breaks callers first. */
export function worstFirst({ changes }: ContractDiff): readonly ContractChange[] {
  return changes.toSorted((a, b) => EFFECTS.indexOf(a.effect) - EFFECTS.indexOf(b.effect));
}

/** `1.0.0 → 1.1.0`, and what the version should have been. */
export function versionWords({ from, to, needs, satisfied }: ContractDiff): string {
  const step = from === to ? from : `${from} → ${to}`;
  return satisfied ? step : `${step}, needs ${needs}`;
}

/** The quotas of which more than a part is used, by the least or the most that may run; a plan that changes nothing need not repeat them. */
export function tightQuotas({ quotas, changes }: Pick<Plan, 'quotas' | 'changes'>): readonly QuotaUse[] {
  if (changes.length === 0) return [];
  return quotas.filter(({ needed, atMost, allowed }) => Math.max(needed, atMost ?? 0) > allowed * TIGHT);
}

/** `12 at any time, 40 when all run their most tasks, of 10`. */
export function quotaWords({ needed, atMost, allowed }: QuotaUse): string {
  return atMost === null ? `${needed} of ${allowed}` : `${needed} at any time, ${atMost} when all run their most tasks, of ${allowed}`;
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

/** A hash tells that something differs, not what: its beginning does. */
const HASH = /^sha256:[0-9a-f]{64}$/;
const HASH_SHOWN = 'sha256:'.length + 12;

/** A value as it is shown: nothing for null, text as it is, anything else as JSON. */
export function shown(value: unknown, longest: number): string {
  if (typeof value === 'string' && HASH.test(value)) return `${value.slice(0, HASH_SHOWN)}…`;
  const text = value === null ? '(none)' : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest).replace(HALF, '')}…` : text;
}
