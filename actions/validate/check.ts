/** Checks a repository's catalog, against the base that the change starts from where there is one. */
import type { Problem } from '@mip/catalog';
import { checkRepository } from '@mip/catalog/repository';
import { withBase } from '../shared/catalog.ts';

export interface Checked {
  /** Sorted by place. */
  readonly problems: readonly Problem[];
  /** Numbers of what is without fault. */
  readonly algorithms: number;
  readonly platforms: number;
}

/** @param ref a name of the base's commit; `''` where nobody said */
export async function check(root: string, ref: string): Promise<Checked> {
  const { problems, algorithms, platforms } = ref
    ? await withBase(root, ref, (base) => checkRepository(root, { base }))
    : await checkRepository(root);
  return { problems, algorithms: algorithms.length, platforms: platforms.length };
}
