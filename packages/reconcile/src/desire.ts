/** From the catalog to everything that should exist. Pure. */

import type { Algorithm } from './algorithm.ts';
import { KINDS } from './kinds/index.ts';
import type { Wanted } from './kinds/kind.ts';
import type { Platform } from './platform.ts';
import { asServed, type Known, versionsOf } from './served.ts';

/** All wanted resources, algorithm by algorithm, each in the order of KINDS. */
export function desire(algorithms: readonly Algorithm[], known: Known, platform: Platform): readonly Wanted[] {
  const place: Platform = { ...platform, taskRoles: algorithms.length > platform.rolesUpTo ? 'class' : 'own' };
  return asServed(algorithms, known).flatMap((one) => desireOne(one, place));
}

function desireOne(algorithm: Algorithm, platform: Platform): readonly Wanted[] {
  const wanted: Wanted[] = [];
  for (const kind of KINDS)
    for (const one of kind.perVersion ? versionsOf(algorithm) : [algorithm]) wanted.push(...kind.desire(one, platform, wanted));
  return wanted;
}
