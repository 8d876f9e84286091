/** What callers notice when one version of an algorithm takes the place of another, and which version that needs. Pure. */

import canonicalize from 'canonicalize';
import { compare, diff, inc, major } from 'semver';
import type { EntryContract, EntryParameter } from './entry.ts';

/**
 * `breaking`: a request that was good is refused, or its result means something else. `compatible`: there is more than before, or another
 * default. `wording`: only people notice.
 */
export type Effect = 'breaking' | 'compatible' | 'wording';
export type Bump = 'major' | 'minor' | 'patch';

/** `path` is a JSON pointer into the contract; `sentence` says it in words, without a full stop. */
export interface ContractChange {
  readonly path: string;
  readonly effect: Effect;
  readonly sentence: string;
}

export interface ContractDiff {
  readonly algorithm: string;
  readonly from: string;
  readonly to: string;
  readonly changes: readonly ContractChange[];
  /** The part of the version that has to rise, null where nothing has changed; below 1.0.0 a minor version may break. */
  readonly bump: Bump | null;
  /** The least version that says so. */
  readonly needs: string;
  /** Whether `to` says so; going back to an earlier version always does. */
  readonly satisfied: boolean;
}

const EFFECTS: readonly Effect[] = ['breaking', 'compatible', 'wording'];
const BUMPS: Readonly<Record<Effect, Bump>> = { breaking: 'major', compatible: 'minor', wording: 'patch' };
const ORDER: readonly Bump[] = ['patch', 'minor', 'major'];

export function contractDiff(from: EntryContract, to: EntryContract): ContractDiff {
  const changes = [
    ...parameters(from.parameters, to.parameters),
    ...input(from.input, to.input),
    ...output(from.output, to.output),
    ...prose(from, to),
  ];
  const worst = EFFECTS.find((effect) => changes.some((change) => change.effect === effect));
  const bump = worst ? bumpOf(worst, from.version) : null;
  const needs = bump ? (inc(from.version, bump) ?? from.version) : from.version;
  return { algorithm: to.name, from: from.version, to: to.version, changes, bump, needs, satisfied: says(bump, from.version, to.version) };
}

/** Below 1.0.0 what breaks is a minor version, by the rules of semantic versions. */
function bumpOf(effect: Effect, version: string): Bump {
  return effect === 'breaking' && major(version) === 0 ? 'minor' : BUMPS[effect];
}

function says(bump: Bump | null, from: string, to: string): boolean {
  if (bump === null || compare(to, from) < 0) return true;
  const risen = diff(from, to);
  return risen !== null && ORDER.indexOf(risen as Bump) >= ORDER.indexOf(bump);
}

type Parameters = EntryContract['parameters'];

function* parameters(from: Parameters, to: Parameters): Iterable<ContractChange> {
  for (const name of [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()) {
    const path = `/parameters/${name}`;
    const [before, after] = [from[name], to[name]];
    if (before && after) yield* parameter(path, name, before, after);
    else if (before) yield { path, effect: 'breaking', sentence: `the parameter ${name} is gone` };
    else if (after?.default === undefined) yield { path, effect: 'breaking', sentence: `the parameter ${name} is new and has to be given` };
    else yield { path, effect: 'compatible', sentence: `the parameter ${name} is new, ${shown(after.default)} by default` };
  }
}

function* parameter(path: string, name: string, from: EntryParameter, to: EntryParameter): Iterable<ContractChange> {
  const change = (field: string, effect: Effect, sentence: string) => ({
    path: `${path}/${field}`,
    effect,
    sentence: `${name}: ${sentence}`,
  });
  if (from.type !== to.type)
    yield change('type', from.type === 'int' && to.type === 'float' ? 'compatible' : 'breaking', `${from.type} becomes ${to.type}`);
  if (from.unit !== to.unit) yield change('unit', 'breaking', `its unit was ${shown(from.unit)} and is ${shown(to.unit)}`);
  if (from.default !== to.default)
    yield change('default', to.default === undefined ? 'breaking' : 'compatible', defaults(from.default, to.default));
  yield* bound(change, 'minimum', from.minimum, to.minimum, 1);
  yield* bound(change, 'maximum', from.maximum, to.maximum, -1);
  const gone = (from.values ?? []).filter((value) => !to.values?.includes(value));
  const added = (to.values ?? []).filter((value) => !from.values?.includes(value));
  if (to.values && gone.length > 0) yield change('values', 'breaking', `${gone.join(', ')} is no value any more`);
  if (from.values && added.length > 0) yield change('values', 'compatible', `${added.join(', ')} is a value now`);
  if (from.description !== to.description) yield change('description', 'wording', 'described in other words');
}

function defaults(from: unknown, to: unknown): string {
  if (to === undefined) return `has no default any more (it was ${shown(from)}), so it has to be given`;
  return from === undefined
    ? `is ${shown(to)} by default`
    : `is ${shown(to)} by default, was ${shown(from)}: results of callers who leave it out change`;
}

type ChangeOf = (field: string, effect: Effect, sentence: string) => ContractChange;

/** @param inwards 1 where a larger bound lets less through, -1 where a smaller one does. */
function* bound(change: ChangeOf, field: 'minimum' | 'maximum', from: number | undefined, to: number | undefined, inwards: 1 | -1) {
  if (from === to) return;
  const narrower = from === undefined || (to !== undefined && (to - from) * inwards > 0);
  yield change(field, narrower ? 'breaking' : 'compatible', `its ${field} was ${shown(from)} and is ${shown(to)}`);
}

type Part = Readonly<Record<string, unknown>>;

function* input(from: Part, to: Part): Iterable<ContractChange> {
  yield* accepted('/input/scope', 'scope', listOf(from.scope), listOf(to.scope));
  yield* accepted('/input/modalities', 'modality', anyOr(from.modalities), anyOr(to.modalities));
  yield* fixed('/input/units', 'the units of its input', from.units, to.units);
  const [before, after] = [rulesOf(from), rulesOf(to)];
  for (const [key, rule] of after)
    if (!before.has(key))
      yield {
        path: '/input/rules',
        effect: rule.severity === 'warn' ? 'compatible' : 'breaking',
        sentence: `a new rule on ${nameOf(rule)}`,
      };
  for (const [key, rule] of before)
    if (!after.has(key)) yield { path: '/input/rules', effect: 'compatible', sentence: `the rule on ${nameOf(rule)} is gone` };
}

function* output(from: Part, to: Part): Iterable<ContractChange> {
  yield* fixed('/output/kind', 'the kind of its result', from.kind, to.kind);
  yield* accepted('/output/store', 'place where results go', listOf(from.store), listOf(to.store));
  for (const field of ['segments', 'measurements'] as const) yield* results(field, recordsOf(from[field]), recordsOf(to[field]));
}

/** What callers find by its place, as a segment by its number: more at the end is fine, anything else is not. */
function* results(field: 'segments' | 'measurements', from: readonly Part[], to: readonly Part[]): Iterable<ContractChange> {
  const path = `/output/${field}`;
  const kept = from.every((one, index) => canonicalize(meaning(one)) === canonicalize(meaning(to[index] ?? {})));
  if (!kept) yield { path, effect: 'breaking', sentence: `its ${field} are others, or in another order` };
  else if (to.length > from.length) yield { path, effect: 'compatible', sentence: `${to.length - from.length} more of its ${field}` };
}

/** Without what only people look at. */
function meaning({ color: _, ...rest }: Part): Part {
  return rest;
}

function* accepted(path: string, what: string, from: readonly string[] | 'any', to: readonly string[] | 'any'): Iterable<ContractChange> {
  const gone = to === 'any' ? [] : from === 'any' ? ['any other'] : from.filter((one) => !to.includes(one));
  const added = from === 'any' ? [] : to === 'any' ? ['any other'] : to.filter((one) => !from.includes(one));
  if (gone.length > 0) yield { path, effect: 'breaking', sentence: `${gone.join(', ')} is no ${what} any more` };
  if (added.length > 0) yield { path, effect: 'compatible', sentence: `${added.join(', ')} is a ${what} now` };
}

function* fixed(path: string, what: string, from: unknown, to: unknown): Iterable<ContractChange> {
  if (from !== to) yield { path, effect: 'breaking', sentence: `${what} was ${shown(from)} and is ${shown(to)}` };
}

function* prose(from: EntryContract, to: EntryContract): Iterable<ContractChange> {
  for (const field of ['description', 'license', 'regulatory'] as const)
    if (canonicalize(from[field]) !== canonicalize(to[field])) yield { path: `/${field}`, effect: 'wording', sentence: `another ${field}` };
}

/** By everything but its description. */
function rulesOf({ rules }: Part): ReadonlyMap<string, Part> {
  return new Map(recordsOf(rules).map(({ description: _, ...rule }) => [canonicalize(rule) ?? '', rule]));
}

function nameOf({ tag, fact }: Part): string {
  return String(tag ?? fact);
}

function recordsOf(value: unknown): readonly Part[] {
  return Array.isArray(value) ? (value as Part[]) : [];
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? (value as string[]) : [];
}

/** An input without modalities takes any. */
function anyOr(value: unknown): readonly string[] | 'any' {
  return Array.isArray(value) ? (value as string[]) : 'any';
}

function shown(value: unknown): string {
  return value === undefined ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);
}
