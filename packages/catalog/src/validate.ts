/** Documents → a catalog and all its problems: the schema first, then the rules on what the schema found sound. */
import { type CheckedDocument, checkAlgorithm, checkPlatform } from './check.ts';
import type { Document } from './document.ts';
import type { Algorithm, Platform } from './entry.ts';
import { compareText, type Problem, sortProblems } from './problem.ts';
import { RULES } from './rules/index.ts';
import type { Complaint, HasPath, Rule } from './rules/rule.ts';

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

export interface CheckedDocuments {
  readonly algorithms: readonly CheckedDocument<Algorithm>[];
  readonly platforms: readonly CheckedDocument<Platform>[];
}

/** The same documents give the same problems in the same order. Their values become the catalog's: the schema's defaults are filled in there. */
export function validateCatalog({ algorithms, platforms }: Documents, has: HasPath): Catalog {
  return judge({ algorithms: algorithms.map(checkAlgorithm), platforms: platforms.map(checkPlatform) }, has);
}

/** Pure: the rules on what the schema found sound, and all problems together. */
export function judge({ algorithms, platforms }: CheckedDocuments, has: HasPath): Catalog {
  const named = { algorithms: byName(algorithms.filter(hasName)), platforms: byName(platforms.filter(hasName)) };
  const ruled = RULES.flatMap((rule) => applyRule(rule, named, has));
  const problems = sortProblems([...algorithms, ...platforms].flatMap((one) => one.problems).concat(ruled));
  const faulty = new Set(problems.filter(({ severity }) => severity === 'error').map(({ file }) => file));
  const sound = <T extends Algorithm | Platform>(checked: readonly CheckedDocument<T>[]) =>
    checked.filter(({ item }) => !faulty.has(item.file)).map(({ item }) => item);
  return { algorithms: sound(named.algorithms), platforms: sound(named.platforms), problems };
}

function applyRule(rule: Rule, { algorithms, platforms }: CheckedDocuments, has: HasPath): Problem[] {
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
