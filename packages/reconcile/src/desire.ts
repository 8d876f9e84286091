/** From the catalog to everything that should exist. Pure. */

import type { Algorithm } from './algorithm.ts';
import { KINDS } from './kinds/index.ts';
import type { Wanted } from './kinds/kind.ts';
import type { Platform } from './platform.ts';

/**
 * All wanted resources, algorithm by algorithm, each in the order of KINDS.
 * @param treeHashes of the source folders, by the algorithm's name.
 */
export function desire(algorithms: readonly Algorithm[], treeHashes: ReadonlyMap<string, string>, platform: Platform): readonly Wanted[] {
  return algorithms.flatMap((algorithm) => desireOne({ ...algorithm, treeHash: treeHashes.get(algorithm.name) }, platform));
}

function desireOne(algorithm: Algorithm, platform: Platform): readonly Wanted[] {
  const wanted: Wanted[] = [];
  for (const kind of KINDS) wanted.push(...kind.desire(algorithm, platform, wanted));
  return wanted;
}
