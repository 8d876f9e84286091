/** The version of before: the algorithm as it is at the base of a change. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Algorithm } from '@mip/catalog';
import { checkAlgorithm } from '@mip/catalog/check';
import { readDocument } from '@mip/catalog/read';

/** An entry of the base that can be run from its sources, or the sentence that says why there is nothing to compare with. */
export type Old = { readonly algorithm: Algorithm; readonly absent?: never } | { readonly absent: string };

const RUNNER = 'algorithms/sdk/mip_sdk/case.py';

/** @param base the folder with the base's catalog and algorithms */
export function findOld(base: string, { name, file }: Pick<Algorithm, 'name' | 'file'>): Old {
  if (!existsSync(join(base, file))) return { absent: `${name} is new: there is no earlier version to compare with` };
  const { item: algorithm, faultyFields } = checkAlgorithm(readDocument(base, file));
  if (faultyFields.size > 0) return { absent: `the entry of ${name} at the base has faults` };
  if (algorithm.source === undefined) return { absent: `${name} ran from a ready-made image at the base` };
  if (!existsSync(join(base, algorithm.source))) return { absent: `the base has no folder ${algorithm.source}` };
  if (!existsSync(join(base, RUNNER))) return { absent: 'the worker SDK at the base cannot run a case by itself yet' };
  return { algorithm };
}
