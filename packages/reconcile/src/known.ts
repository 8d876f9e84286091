/** What is known beside the catalog: what people set by hand, the images of versions that nobody builds any more, what still drains. */

import type { Aws } from './aws/clients.ts';
import { releasedImages } from './aws/released.ts';
import { type Listing, linesIn, overridesIn, pinsIn } from './observe.ts';
import type { Input } from './reconcile.ts';
import { type Known, releasesIn } from './served.ts';

/** Asks ECR for the images of further releases and pins alone. @throws whatever a read throws. */
export async function knownOf(
  aws: Aws,
  { algorithms, treeHashes, contracts, platform, now }: Input,
  listing: Listing,
): Promise<Known & Required<Pick<Known, 'pins'>>> {
  const pins = pinsIn(listing, now);
  const images = await releasedImages(aws, platform.names, releasesIn(algorithms, pins));
  const lines = linesIn(listing, platform);
  return { treeHashes, overrides: overridesIn(listing, now), pins, images, lines, ...(contracts && { contracts }) };
}
