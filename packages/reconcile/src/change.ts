/** What a plan is made of: JSON values, their differences and their hashes. Pure. */

import { hash } from 'node:crypto';
import { TAGS } from '@mip/registry/names';
import { configure } from 'safe-stable-stringify';

export type Action = 'create' | 'update' | 'delete';
export type Risk = 'low' | 'medium' | 'high';

/** One field that differs. `path` is a JSON pointer into the spec, '' the whole of it; an absent value is null. */
export interface FieldDiff {
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** The line of the catalog that asks for something. `pointer` is a JSON pointer into the file, `line` counts from 1. */
export interface Cause {
  readonly file: string;
  readonly pointer: string;
  readonly line: number;
}

/** One change as it is shown, approved and hashed. `cause` is null for what no line asks for any more. */
export interface PlannedChange {
  readonly kind: string;
  readonly name: string;
  readonly algorithm: string;
  readonly action: Action;
  readonly fields: readonly FieldDiff[];
  readonly cause: Cause | null;
  readonly risk: Risk;
}

/** Something that cannot be done, and why; nothing of that algorithm is touched. */
export interface Refusal {
  readonly kind: string;
  readonly name: string;
  readonly algorithm: string;
  readonly reason: string;
  readonly cause: Cause | null;
}

/** Where a difference lies in nothing but the hash that was left on a resource. */
const HASH = `/tags/${TAGS.specHash}`;

/** The RFC 8785 form of JSON: three times as fast as the library made for it, and held against that one by a test. */
const canonical = configure({ strict: true, circularValue: TypeError });

/** `sha256:` and the hex digest of the value's RFC 8785 form. */
export function hashOf(value: unknown): string {
  const text = canonical(value);
  if (text === undefined) throw new TypeError('only JSON has a hash');
  return `sha256:${hash('sha256', text)}`;
}

/** Every leaf at which two JSON values differ, by path. Arrays are compared as wholes: their order means something. */
export function diffFields(to: unknown, from: unknown, path = ''): readonly FieldDiff[] {
  if (isObject(from) && isObject(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
    return keys.flatMap((key) => diffFields(own(to, key), own(from, key), `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`));
  }
  return canonical(from ?? null) === canonical(to ?? null) ? [] : [{ path, from: from ?? null, to: to ?? null }];
}

/** Adding is safe, taking away is not; a change of what runs is between the two, and what was taken over shows as one. */
export function riskOf(action: Action, fields: readonly FieldDiff[]): Risk {
  if (action === 'create') return 'low';
  if (action === 'delete') return 'high';
  return fields.every(({ path }) => path === HASH || path.endsWith('/description')) ? 'low' : 'medium';
}

/** What an object says itself: a field may be called `constructor`. */
function own(value: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
