/** What a caller may rely on in one version of an algorithm. Pure. */

import type { EntryContract } from '@mip/registry';
import type { Algorithm } from './algorithm.ts';

export function contractOf(algorithm: Algorithm): EntryContract {
  const { name, version, description, algorithm_type, parameters, input, output, license, regulatory } = algorithm;
  return { name, version, description, algorithm_type, parameters, input, output, license, regulatory };
}
