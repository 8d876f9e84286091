/** A plan as people tell it: by algorithm, in words that every renderer shares. Pure. */

import type { Action, PlannedChange, Risk } from '../change.ts';
import type { Plan } from '../plan.ts';

/** What happens to one algorithm: it is new, it goes, or something of it changes. */
export interface Chapter {
  readonly algorithm: string;
  readonly action: Action;
  /** The highest of its changes. */
  readonly risk: Risk;
  readonly changes: readonly PlannedChange[];
}

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

/** `2 to create, 1 to change, nothing destroyed`: algorithms, not resources. */
export function headlineOf(plan: Pick<Plan, 'changes'>): string {
  const chapters = chaptersOf(plan);
  if (chapters.length === 0) return 'nothing to change';
  const count = (wanted: Action) => chapters.filter(({ action }) => action === wanted).length;
  const made = [
    [count('create'), 'to create'],
    [count('update'), 'to change'],
  ] as const;
  const words = made.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  const destroyed = count('delete');
  return [...words, destroyed > 0 ? `${destroyed} to destroy` : 'nothing destroyed'].join(', ');
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

/** A value as it is shown: nothing for null, text as it is, anything else as JSON. */
export function shown(value: unknown, longest: number): string {
  const text = value === null ? '(none)' : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
