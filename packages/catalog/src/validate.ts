/** Documents → a catalog and all its problems: the schema first, then the rules on what the schema found sound. */
import { type CheckedDocument, checkAlgorithm, checkPlatform } from './check.ts';
import type { Document } from './document.ts';
import type { Algorithm, Platform } from './entry.ts';
import { compareText, type Problem, sortProblems } from './problem.ts';
import { ACROSS_RULES, RULES } from './rules/index.ts';
import type { Complaint, HasPath, Named, Rule, RuleContext } from './rules/rule.ts';

/** `Entry` is what is kept of an algorithm. */
export interface Catalog<Entry extends Named = Algorithm> {
  /** Those without an error, sorted by name. Act on them only when `problems` holds no error at all. */
  readonly algorithms: readonly Entry[];
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
export function validateCatalog({ algorithms, platforms }: Documents, has: HasPath, more: Partial<Surroundings> = {}): Catalog {
  const surroundings = { has, sizeOf: () => undefined, ...more };
  const judge = new Judge({ platforms: platforms.map(checkPlatform), rules: RULES, surroundings, keep: (algorithm) => algorithm });
  judge.add(algorithms.map(checkAlgorithm));
  return judge.end();
}

/** What the rules look at beside entries and platform files. */
export type Surroundings = Omit<RuleContext, 'algorithms' | 'platforms'>;

interface Bench<Entry> {
  readonly platforms: readonly CheckedDocument<Platform>[];
  readonly rules: readonly Rule[];
  readonly surroundings: Surroundings;
  /** What of an algorithm is kept until the end: of a large catalog, the less the faster. */
  readonly keep: (algorithm: Algorithm) => Entry;
}

/** Applies the rules to one batch of algorithms after another, and finds the same in whatever batches they come. */
export class Judge<Entry extends Named> {
  readonly #platforms: readonly CheckedDocument<Platform>[];
  readonly #bench: Bench<Entry>;
  readonly #entries: Entry[] = [];
  readonly #problems: Problem[];

  constructor(bench: Bench<Entry>) {
    this.#bench = bench;
    this.#platforms = byName(bench.platforms.filter(hasName), ({ item }) => item.name);
    this.#problems = bench.platforms.flatMap(({ problems }) => problems);
    for (const rule of bench.rules) for (const complaint of this.#apply(rule, [])) this.#problems.push(problemOf(rule, complaint));
  }

  add(algorithms: readonly CheckedDocument<Algorithm>[]): void {
    const named = algorithms.filter(hasName);
    for (const { problems } of algorithms) this.#problems.push(...problems);
    for (const rule of this.#bench.rules) {
      // What is wrong with a platform was said before the first batch.
      for (const complaint of this.#apply(rule, named))
        if (!this.#platforms.some(({ item }) => item === complaint.of)) this.#problems.push(problemOf(rule, complaint));
    }
    for (const { item } of named) this.#entries.push(this.#bench.keep(item));
  }

  /** @param more what was found beside the rules */
  end(more: readonly Problem[] = []): Catalog<Entry> {
    const entries = byName(this.#entries, ({ name }) => name);
    const across = ACROSS_RULES.flatMap((rule) => Array.from(rule.check(entries), (complaint) => problemOf(rule, complaint)));
    const problems = sortProblems([...this.#problems, ...across, ...more]);
    const faulty = new Set(problems.filter(({ severity }) => severity === 'error').map(({ file }) => file));
    const platforms = this.#platforms.map(({ item }) => item).filter(({ file }) => !faulty.has(file));
    return { algorithms: entries.filter(({ file }) => !faulty.has(file)), platforms, problems };
  }

  #apply(rule: Rule, algorithms: readonly CheckedDocument<Algorithm>[]): Iterable<Complaint> {
    const platforms = readable(this.#platforms, rule.readsPlatform);
    return rule.check({ algorithms: readable(algorithms, rule.reads), platforms, ...this.#bench.surroundings });
  }
}

function readable<T>(checked: readonly CheckedDocument<T>[], fields: readonly string[]): T[] {
  const sound = checked.filter(({ faultyFields }) => !faultyFields.size || !fields.some((field) => faultyFields.has(field)));
  return sound.map(({ item }) => item);
}

function hasName({ faultyFields }: CheckedDocument<unknown>): boolean {
  return !faultyFields.has('') && !faultyFields.has('name');
}

function byName<T>(items: readonly T[], nameOf: (item: T) => string): T[] {
  return items.toSorted((a, b) => compareText(nameOf(a), nameOf(b)));
}

function problemOf({ name, severity }: Pick<Rule, 'name' | 'severity'>, { of, pointer, message }: Complaint): Problem {
  return { file: of.file, ...of.position(pointer), pointer, severity, rule: name, message };
}
