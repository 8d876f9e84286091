/** The images of versions that were released: their tree hash stands on them, whatever has become of the sources since. */

import type { PhysicalNames } from '@mip/registry/names';
import { readEach } from './batches.ts';
import type { Aws } from './clients.ts';
import { findImage } from './images.ts';

/** `treeHash` is undefined for an image that somebody else pushed under that tag. */
export interface ReleasedImage {
  readonly treeHash: string | undefined;
}

/** By `name@version`; what is not there, and what nobody could put there, is left out. */
export async function releasedImages(
  { ecr, images }: Pick<Aws, 'ecr' | 'images'>,
  names: PhysicalNames,
  versions: readonly { readonly name: string; readonly version: string }[],
): Promise<ReadonlyMap<string, ReleasedImage>> {
  const found = await readEach(versions, async ({ name, version }) => {
    const there = await findImage(ecr, names.repository(name), `v${version}`);
    const treeHash = there ? there.treeHash : await images.released?.(name, version);
    return there || treeHash !== undefined ? ([[`${name}@${version}`, { treeHash }]] as const) : [];
  });
  return new Map(found.flat());
}
