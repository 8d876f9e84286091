/** A catalog entry as reconcile reads it: those fields that decide what runs, defaults filled in, and the hash of its source. */

import type { Algorithm as CatalogAlgorithm } from '@mip/catalog';

type Field =
  | ('file' | 'name' | 'version' | 'description' | 'status' | 'algorithm_type')
  | ('source' | 'image_uri' | 'cpu' | 'memory' | 'memory_model' | 'architectures' | 'timeout' | 'scaling' | 'queue')
  | ('parameters' | 'input' | 'output' | 'license' | 'regulatory' | 'role_class');

/** A number of tasks that somebody set by hand, and until when. ISO 8601. */
export interface ScaleOverride {
  readonly count: number;
  readonly until: string;
}

export interface Algorithm extends Readonly<Pick<CatalogAlgorithm, Field>> {
  /** `sha256:…` over the source folder; absent for `image_uri`. */
  readonly treeHash?: string | undefined;
  /** In force at the time of the run. */
  readonly override?: ScaleOverride | undefined;
}

/** The number of tasks to run: what somebody set for a while holds, also for an algorithm that is inactive. */
export function tasksOf({ status, scaling, override }: Pick<Algorithm, 'status' | 'scaling' | 'override'>): number {
  return override?.count ?? (status === 'inactive' ? 0 : Math.max(scaling.min, 1));
}
