/** What a caller may rely on in one version of an algorithm. Pure. */

import type { EntryContract } from '@mip/registry';
import type { Algorithm } from './algorithm.ts';

export function contractOf(algorithm: Algorithm): EntryContract {
  const { name, version, description, algorithm_type, parameters, input, output, license, regulatory } = algorithm;
  return { name, version, description, algorithm_type, parameters, input, output, license, regulatory };
}

/** Which field of the catalog decides which field of the contract, for a kind whose spec holds it at `/entry`. */
export const CONTRACT_CAUSES: Readonly<Record<string, string>> = {
  '/entry': '',
  '/entry/version': '/version',
  '/entry/description': '/description',
  '/entry/parameters': '/parameters',
  '/entry/input': '/input',
  '/entry/output': '/output',
  '/entry/license': '/license',
  '/entry/regulatory': '/regulatory',
};
