/** A catalog entry as reconcile reads it: those fields that decide what runs, defaults filled in, and the hash of its source. */

import type { Algorithm as CatalogAlgorithm } from '@mip/catalog';

type Field =
  | ('file' | 'name' | 'version' | 'description' | 'status' | 'algorithm_type')
  | ('source' | 'image_uri' | 'cpu' | 'memory' | 'architectures' | 'timeout' | 'scaling' | 'queue')
  | ('parameters' | 'input' | 'output' | 'license' | 'regulatory');

export interface Algorithm extends Readonly<Pick<CatalogAlgorithm, Field>> {
  /** `sha256:…` over the source folder; absent for `image_uri`. */
  readonly treeHash?: string | undefined;
}
