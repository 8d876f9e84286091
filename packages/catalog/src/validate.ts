/** Documents → a catalog and all its problems: the schema first, then the rules on what the schema found sound. */
import type { ValidateFunction } from 'ajv';
import type { Document } from './document.ts';
import type { Algorithm, Platform } from './entry.ts';
import { validate as validateAlgorithm } from './generated/algorithm.validator.js';
import { validate as validatePlatform } from './generated/platform.validator.js';
import { compareText, type Problem, sortProblems } from './problem.ts';
import { RULES } from './rules/index.ts';
import type { Complaint, HasPath, Rule } from './rules/rule.ts';
import { checkInPlace, isAboutKey, type SchemaFault } from './schema-check.ts';

export interface Catalog {
  /** Those without an error, sorted by name. Act on them only when `problems` holds no error at all. */
  readonly algorithms: readonly Algorithm[];
  /** Those without an error, sorted by name. */
  readonly platforms: readonly Platform[];
  /** Every fault, sorted by file, line and column. */
  readonly problems: readonly Problem[];
}

export interface Documents {
  readonly algorithms: readonly Document[];
  readonly platforms: readonly Document[];
}

/** The same documents give the same problems in the same order. Their values become the catalog's: the schema's defaults are filled in there. */
export function validateCatalog(documents: Documents, has: HasPath): Catalog {
  const algorithms = documents.algorithms.map((document) => checkDocument<Algorithm>(document, validateAlgorithm));
  const platforms = documents.platforms.map((document) => checkDocument<Platform>(document, validatePlatform));
  const named = { algorithms: byName(algorithms.filter(hasName)), platforms: byName(platforms.filter(hasName)) };
  const ruled = RULES.flatMap((rule) => applyRule(rule, named, has));
  const problems = sortProblems([...algorithms, ...platforms].flatMap((one) => one.problems).concat(ruled));
  const faulty = new Set(problems.filter(({ severity }) => severity === 'error').map(({ file }) => file));
  const sound = <T extends Algorithm | Platform>(checked: readonly CheckedDocument<T>[]) =>
    checked.filter(({ item }) => !faulty.has(item.file)).map(({ item }) => item);
  return { algorithms: sound(named.algorithms), platforms: sound(named.platforms), problems };
}

interface CheckedDocument<T> {
  /** Whole only when `faultyFields` is empty. */
  readonly item: T;
  /** The top-level fields with a fault; `''` when the document is no mapping at all. */
  readonly faultyFields: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

function checkDocument<T>(document: Document, schema: ValidateFunction): CheckedDocument<T> {
  const { file, position } = document;
  if (document.value === undefined) return { item: { file, position } as T, faultyFields: new Set(['']), problems: document.problems };
  const { value, faults } = checkInPlace(schema, document.value as object, true);
  const item = { ...value, file, position } as T;
  if (!faults.length && !document.problems.length) return { item, faultyFields: NONE, problems: [] };
  const fields = [...faults, ...document.problems].map(({ pointer }) => pointer.split('/')[1] ?? '');
  return {
    item,
    faultyFields: new Set(fields),
    problems: [...document.problems, ...faults.map((fault) => schemaProblem(document, fault))],
  };
}

const NONE: ReadonlySet<string> = new Set();

function schemaProblem(document: Document, fault: SchemaFault): Problem {
  const at = isAboutKey(fault) ? document.keyPosition(fault.pointer) : document.position(fault.pointer);
  return { file: document.file, ...at, pointer: fault.pointer, severity: 'error', rule: 'schema', message: fault.detail };
}

interface Named {
  readonly algorithms: readonly CheckedDocument<Algorithm>[];
  readonly platforms: readonly CheckedDocument<Platform>[];
}

function applyRule(rule: Rule, { algorithms, platforms }: Named, has: HasPath): Problem[] {
  const context = { algorithms: readable(algorithms, rule.reads), platforms: readable(platforms, rule.readsPlatform), has };
  return Array.from(rule.check(context), (complaint) => ruleProblem(rule, complaint));
}

function readable<T>(checked: readonly CheckedDocument<T>[], fields: readonly string[]): T[] {
  const sound = checked.filter(({ faultyFields }) => !faultyFields.size || !fields.some((field) => faultyFields.has(field)));
  return sound.map(({ item }) => item);
}

function hasName({ faultyFields }: CheckedDocument<unknown>): boolean {
  return !faultyFields.has('') && !faultyFields.has('name');
}

function byName<T extends { readonly name: string }>(checked: readonly CheckedDocument<T>[]): CheckedDocument<T>[] {
  return checked.toSorted((a, b) => compareText(a.item.name, b.item.name));
}

function ruleProblem({ name, severity }: Rule, { of, pointer, message }: Complaint): Problem {
  return { file: of.file, ...of.position(pointer), pointer, severity, rule: name, message };
}
