/** The sources of a version as its release had them, from the Git history of this repository. */
import type { Algorithm } from '@mip/catalog';
import { openCommit } from '@mip/catalog/base';
import { findReleaseCommit } from '@mip/catalog/release-commit';

/** A repository's folder, and what of it is packed. */
export interface SourceTree extends Pick<Algorithm, 'algorithm_type'> {
  readonly root: string;
  readonly source: string;
}

/** Works with the files of that commit and takes them away again. @returns undefined where the history has no such release. */
export async function withReleaseOf<T>(
  root: string,
  { algorithm, version }: { readonly algorithm: string; readonly version: string },
  work: (tree: SourceTree) => Promise<T>,
): Promise<T | undefined> {
  const found = await findReleaseCommit(root, algorithm, version);
  if (!found) return undefined;
  const base = await openCommit(root, found.commit);
  try {
    return await work({ root: base.root, source: found.source, algorithm_type: found.algorithm_type });
  } finally {
    await base.remove();
  }
}
