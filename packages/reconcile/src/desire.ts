/** From the catalog to everything that should exist. Pure. */

import type { Algorithm, ScaleOverride } from './algorithm.ts';
import { KINDS } from './kinds/index.ts';
import type { Wanted } from './kinds/kind.ts';
import type { Platform } from './platform.ts';

/** What is known of algorithms beside their catalog entries, by their names. */
export interface Known {
  /** Of the source folders. */
  readonly treeHashes: ReadonlyMap<string, string>;
  readonly overrides: ReadonlyMap<string, ScaleOverride>;
}

/** All wanted resources, algorithm by algorithm, each in the order of KINDS. */
export function desire(algorithms: readonly Algorithm[], { treeHashes, overrides }: Known, platform: Platform): readonly Wanted[] {
  const place: Platform = { ...platform, taskRoles: algorithms.length > platform.rolesUpTo ? 'class' : 'own' };
  return algorithms.flatMap((one) => desireOne({ ...one, treeHash: treeHashes.get(one.name), override: overrides.get(one.name) }, place));
}

function desireOne(algorithm: Algorithm, platform: Platform): readonly Wanted[] {
  const wanted: Wanted[] = [];
  for (const kind of KINDS) wanted.push(...kind.desire(algorithm, platform, wanted));
  return wanted;
}
