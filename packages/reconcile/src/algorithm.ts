/** A catalog entry as reconcile reads it: those fields that decide what runs, defaults filled in, and the hash of its source. */

import type { Algorithm as CatalogAlgorithm } from '@mip/catalog';
import type { Pin } from '@mip/registry';
import { lineName } from '@mip/registry/names';

type Field =
  | ('file' | 'name' | 'version' | 'description' | 'status' | 'algorithm_type')
  | 'releases'
  | ('source' | 'image_uri' | 'cpu' | 'memory' | 'gpu' | 'memory_model' | 'architectures' | 'timeout' | 'scaling' | 'queue')
  | ('parameters' | 'input' | 'output' | 'conformance' | 'license' | 'regulatory' | 'role_class');

/** A version that is served beside the default one, as its entry says. */
export type Release = NonNullable<CatalogAlgorithm['releases']>[number];

/** A number of tasks that somebody set by hand, and until when. ISO 8601. */
export interface ScaleOverride {
  readonly count: number;
  readonly until: string;
}

export interface Algorithm extends Readonly<Pick<CatalogAlgorithm, Field>> {
  /** The base name of the resources that serve this version; that of a default version unless it is said. */
  readonly line?: string;
  /** Of a further release: where in its file it stands. */
  readonly at?: string;
  /** The further releases that run, each as an algorithm of its own version and line. */
  readonly further?: readonly Algorithm[];
  /** Lines of the algorithm beside those that are served, which still work off what is left. */
  readonly draining?: readonly string[];
  /** By which this version is served in the place of the entry's own: it ran before, and takes over without being tried. */
  readonly pin?: Pin;
  /** `sha256:…` over the source folder; absent for `image_uri`. */
  readonly treeHash?: string | undefined;
  /** In force at the time of the run. */
  readonly override?: ScaleOverride | undefined;
}

/** The base name of the resources that serve this version. */
export function lineOf({ name, version, line }: Pick<Algorithm, 'name' | 'version' | 'line'>): string {
  return line ?? lineName(name, version);
}

/** Whether a version of this line has to show what it makes of its cases before it serves anybody: what is served beside the default did before. */
export function hasCandidates({ name, version, line, conformance = [] }: Candidate): boolean {
  return conformance.length > 0 && lineOf({ name, version, ...(line !== undefined && { line }) }) === lineName(name, version);
}

type Candidate = Pick<Algorithm, 'name' | 'version' | 'line' | 'conformance'>;

/** How many tasks may run, as the catalog has it; none of what is inactive. */
export function rangeOf({ status, scaling: { min, max } }: Pick<Algorithm, 'status' | 'scaling'>): {
  readonly min: number;
  readonly max: number;
} {
  return status === 'inactive' ? { min: 0, max: 0 } : { min, max };
}

/** The number of tasks to begin with: what somebody set for a while holds, also for an algorithm that is inactive. */
export function tasksOf(algorithm: Pick<Algorithm, 'status' | 'scaling' | 'override'>): number {
  return algorithm.override?.count ?? rangeOf(algorithm).min;
}
