/** The contract of a kind: one type of AWS resource that reconcile owns, in five verbs. `docs/add-a-kind.md` shows how to add one. */

import type { Pin } from '@mip/registry';
import { TAGS } from '@mip/registry/names';
import type { Algorithm, ScaleOverride } from '../algorithm.ts';
import type { Aws } from '../aws/clients.ts';
import type { Clock } from '../aws/clock.ts';
import { type Action, type FieldDiff, hashOf } from '../change.ts';
import type { Facts, Owner, Platform, Rollout } from '../platform.ts';

/** One resource as the catalog wants it. `spec` is JSON and its hash goes on the resource as `mip:spec-hash`. */
export interface Wanted<Spec = unknown> {
  readonly kind: string;
  readonly algorithm: string;
  /** Also on the resource, where a version is a property of it. */
  readonly version: string;
  /** The physical name. */
  readonly name: string;
  readonly spec: Spec;
  readonly specHash: string;
  /** With how many tasks it begins, where it is made: what scales it decides from then on. Neither compared nor hashed. */
  readonly firstTasks?: number;
  /** The catalog's file that asks for it. */
  readonly file: string;
  /** Of a further release: the JSON pointer to it in that file. */
  readonly at?: string;
}

/** One owned resource as an index knows it: cheap, paged, possibly a moment old. */
export interface Listed {
  readonly algorithm: string | undefined;
  readonly specHash: string | undefined;
  /** Since when the registry has no row of it: what still drains. ISO 8601. */
  readonly withdrawn?: string | undefined;
  /** Of a registry entry: the number of tasks that somebody set for a while. */
  readonly override?: ScaleOverride | undefined;
  /** Of a registry entry: the version that somebody put in the place of the catalog's for a while. */
  readonly pin?: Pin | undefined;
}

/** One resource as it is, in the shape of a spec. `owner` is undefined for a resource that nobody tagged. */
export interface Observed<Spec = unknown> {
  readonly name: string;
  readonly owner: string | undefined;
  readonly algorithm: string | undefined;
  readonly specHash: string | undefined;
  readonly withdrawn?: string | undefined;
  readonly spec: Spec;
}

/** What to look at: physical name → what is wanted of it, if anything, which says where in it to look. */
export type Subjects<Spec = unknown> = ReadonlyMap<string, Wanted<Spec> | undefined>;

/** What `apply` is to do: `wanted` is absent on delete, `observed` on create. */
export interface Change<Spec = unknown> {
  readonly kind: string;
  readonly name: string;
  readonly algorithm: string;
  readonly action: Action;
  readonly wanted?: Wanted<Spec>;
  readonly observed?: Observed<Spec>;
}

/** One run of apply: who owns what it makes, and what it leaves as a trace. */
export interface Run extends Owner {
  /** What CDK deployed. */
  readonly facts: Facts;
  readonly commit: string;
  readonly planDigest: string;
  readonly now: () => Date;
  /** What a wait goes by. */
  readonly clock: Clock;
  readonly rollout: Rollout;
  /** Physical names that may be taken over from nobody. */
  readonly adopt: ReadonlySet<string>;
  /** How long after its withdrawal an algorithm's queue is looked at for jobs that are left. */
  readonly settleSeconds: number;
  /** Ends the run in order. */
  readonly signal?: AbortSignal;
}

export interface Kind<Spec = unknown> {
  readonly name: string;
  /** Whether each version that is served has its own: `desire` is then asked once for each. */
  readonly perVersion?: true;
  /** The IAM actions that the four calls below need. */
  readonly permissions: { readonly read: readonly string[]; readonly write: readonly string[] };
  /** Which field of the catalog decides which field of the spec, by JSON pointer; the longest that fits names the cause. */
  readonly causes: Readonly<Record<string, string>>;
  /** Pure. `before` holds what the kinds before this one want for the same algorithm. Names sort in the order in which they are made. */
  desire(algorithm: Algorithm, platform: Platform, before: readonly Wanted[]): readonly Wanted<Spec>[];
  /** Everything owned, paged: physical name → what the index says. A failed page fails the whole list. */
  list(aws: Aws, owner: Owner): Promise<ReadonlyMap<string, Listed>>;
  /** The state of a few, owned or not, in batches; what does not exist is left out. */
  inspect(aws: Aws, owner: Owner, subjects: Subjects<Spec>): Promise<ReadonlyMap<string, Observed<Spec>>>;
  /** Pure; [] = in sync. */
  diff(desired: Spec, observed: Spec): readonly FieldDiff[];
  /** Pure. Why this update must not be made even though the resource is owned. */
  refuse?(desired: Wanted<Spec>, observed: Observed<Spec>): string | undefined;
  /**
   * The only writer; safe to repeat.
   * @throws {NotYet} when it has to wait for something that a later run will find done. @throws {RolloutFailed} when the version is no good.
   */
  apply(aws: Aws, change: Change<Spec>, run: Run): Promise<void>;
  /** Of the kind that tells the world what runs: lets it know that a version was no good. What ran before goes on. */
  fail?(aws: Aws, failure: Failure, run: Run): Promise<void>;
}

/** A version that was not rolled out, and why, in a sentence. `change` is the one of this kind that will not be made, where there was one. */
export interface Failure {
  readonly algorithm: string;
  readonly version: string;
  readonly reason: string;
  readonly change?: Change | undefined;
}

/** The version does not do what it should, and nothing of it serves anybody. The message says what was seen, as a sentence for its author. */
export class RolloutFailed extends Error {
  override readonly name = 'RolloutFailed';
}

/** Not a failure: a later run can do it, this one must not wait for it. The message says what it waits for. */
export class NotYet extends Error {
  override readonly name = 'NotYet';
}

/** A wanted resource of an algorithm, hashed. */
export function want<Spec>(kind: string, algorithm: Algorithm, name: string, spec: Spec): Wanted<Spec> {
  const { version, file, at } = algorithm;
  return { kind, algorithm: algorithm.name, version, file, ...(at !== undefined && { at }), name, spec, specHash: hashOf(spec) };
}

/** The tags of everything that reconcile makes. */
export function tagsOf(wanted: Wanted, run: Run): Record<string, string> {
  return { [TAGS.managedBy]: run.catalogId, [TAGS.algorithm]: wanted.algorithm, [TAGS.specHash]: wanted.specHash };
}

/** The same for what exists once a version: task definition and service. */
export function versionedTagsOf(wanted: Wanted, run: Run): Record<string, string> {
  return { ...tagsOf(wanted, run), [TAGS.version]: wanted.version };
}

/** What the tags of a resource say about it. */
export function ownership(tags: Readonly<Record<string, string>>): Pick<Observed, 'owner' | 'algorithm' | 'specHash' | 'withdrawn'> {
  const withdrawn = tags[TAGS.withdrawn];
  return {
    owner: tags[TAGS.managedBy],
    algorithm: tags[TAGS.algorithm],
    specHash: tags[TAGS.specHash],
    ...(withdrawn !== undefined && { withdrawn }),
  };
}
