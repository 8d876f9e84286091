/** What a rule is: a check beside the schema, over one entry, one platform file or all of them. Pure. */
import type { Algorithm, AlgorithmEntry, Located, Platform, PlatformFile } from '../entry.ts';
import type { Severity } from '../problem.ts';

/** Whether the repository has a file or a folder; a folder's path ends in `/`. */
export type HasPath = (path: string) => boolean;

export interface RuleContext {
  /** The algorithms whose fields that the rule reads are sound. */
  readonly algorithms: readonly Algorithm[];
  readonly platforms: readonly Platform[];
  readonly has: HasPath;
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
