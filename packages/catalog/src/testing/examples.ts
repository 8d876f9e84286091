/** Reads `schemas/examples`: valid documents, and cases that change one of them and name what has to be complained about. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { segments } from '../pointer.ts';

export const SCHEMAS = join(import.meta.dirname, '../../../../schemas');

interface Change {
  /** Pointer → the value to put there. */
  readonly set?: Readonly<Record<string, unknown>>;
  readonly remove?: readonly string[];
  /** Pointer of a list → how many copies of its first item it becomes. */
  readonly repeat?: Readonly<Record<string, number>>;
  /** Pointer of a text → how many letters it becomes. */
  readonly lengthen?: Readonly<Record<string, number>>;
  /** Pointer of a mapping → how many members, copies of its first, it gets on top. */
  readonly widen?: Readonly<Record<string, number>>;
}

export interface InvalidCase extends Change {
  /** What has to be complained about. */
  readonly pointer: string;
  /** The valid example that is changed; `full` without it. */
  readonly of?: string;
}

function read(path: string): unknown {
  return load(readFileSync(path, 'utf8'));
}

function documents(kind: 'valid' | 'invalid', schema: string): [string, unknown][] {
  const folder = join(SCHEMAS, 'examples', kind, schema);
  return readdirSync(folder)
    .sort()
    .map((name) => [name.replace(/\.\w+$/, ''), read(join(folder, name))]);
}

export function validExamples(schema: string): [string, unknown][] {
  return documents('valid', schema);
}

/** Each case with a title and the changed document. */
export function invalidExamples(schema: string): { title: string; pointer: string; document: unknown }[] {
  const valid = new Map(validExamples(schema));
  return documents('invalid', schema).flatMap(([file, content]) =>
    (content as { cases: InvalidCase[] }).cases.map((one, index) => ({
      title: `${file}[${index}]`,
      pointer: one.pointer,
      document: changed(valid.get(one.of ?? 'full'), one),
    })),
  );
}

function changed(example: unknown, { set = {}, remove = [], repeat = {}, lengthen = {}, widen = {} }: Change): unknown {
  const root = structuredClone({ example });
  for (const [pointer, value] of Object.entries(set)) replace(root, pointer, () => value);
  for (const pointer of remove) replace(root, pointer, () => undefined);
  for (const [pointer, count] of Object.entries(repeat)) replace(root, pointer, (list) => Array(count).fill((list as unknown[])[0]));
  for (const [pointer, count] of Object.entries(lengthen)) replace(root, pointer, () => 'a'.repeat(count));
  for (const [pointer, count] of Object.entries(widen))
    replace(root, pointer, (mapping) => widened(mapping as Record<string, unknown>, count));
  return root.example;
}

function widened(mapping: Record<string, unknown>, count: number): Record<string, unknown> {
  const first = Object.values(mapping)[0];
  return { ...mapping, ...Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, first])) };
}

function replace(root: { example: unknown }, pointer: string, make: (old: unknown) => unknown): void {
  const path = ['example', ...segments(pointer)];
  const key = path.pop() as string;
  const holder = path.reduce<Record<string, unknown>>((at, name) => at[name] as Record<string, unknown>, root as Record<string, unknown>);
  const value = make(holder[key]);
  if (value === undefined) delete holder[key];
  else holder[key] = value;
}
