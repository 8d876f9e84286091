/** What a rule is: a check beside the schema, over one entry, one platform file or all of them. Pure. */

import type { Document } from '../document.ts';
import type { Algorithm, AlgorithmEntry, Located, Platform, PlatformFile } from '../entry.ts';
import type { Severity } from '../problem.ts';

/** Whether the repository has a file or a folder; a folder's path ends in `/`. */
export type HasPath = (path: string) => boolean;

/** The contracts of released versions, as the repository has them. */
export interface Contracts {
  has(name: string, version: string): boolean;
  /** The contract of a version beside the text that it should have: its file where that is another. */
  look(name: string, version: string, expected: string): 'as expected' | 'missing' | Document;
}

/** The catalog at the base of the change. */
export interface Before {
  /** The entry as it was, the given one itself where nothing was written in its file; nothing where it is new, or could not be read. */
  entry(of: Algorithm): Algorithm | undefined;
  hasContract(name: string, version: string): boolean;
  /** The files under `algorithms/` whose content or mode is another, sorted. */
  readonly changed: readonly string[];
}

/** What is held against releases; without it the rules of releases say nothing. */
export interface Releases {
  readonly contracts: Contracts;
  readonly before?: Before | undefined;
}

export interface RuleContext {
  /** The algorithms whose fields that the rule reads are sound. */
  readonly algorithms: readonly Algorithm[];
  readonly platforms: readonly Platform[];
  readonly has: HasPath;
  /** A file's size in bytes; nothing when there is no such file. */
  readonly sizeOf: (path: string) => number | undefined;
  readonly releases?: Releases | undefined;
}

export interface Complaint {
  readonly of: Located;
  readonly pointer: string;
  /** What is wrong and what to do, in a sentence without a full stop. */
  readonly message: string;
}

/**
 * A rule sees an entry only when the schema found no fault in the fields it reads, so it needs no checks of shape; a fault
 * elsewhere in the entry does not silence it.
 */
export interface Rule {
  readonly name: string;
  readonly severity: Severity;
  readonly reads: readonly (keyof AlgorithmEntry)[];
  readonly readsPlatform: readonly (keyof PlatformFile)[];
  check(context: RuleContext): Iterable<Complaint>;
}

/** An algorithm whose name is sound. */
export type Named = Pick<Algorithm, 'name' | keyof Located>;

/** A rule over all algorithms beside one another; their names are all that it sees. */
export interface AcrossRule extends Pick<Rule, 'name' | 'severity'> {
  /** @param algorithms sorted by name */
  check(algorithms: readonly Named[]): Iterable<Complaint>;
}
