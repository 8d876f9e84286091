/** A number of tasks that somebody sets for a while. */

import { Registry } from '@mip/registry';
import type { ScaleOverride } from './algorithm.ts';
import type { Aws } from './aws/clients.ts';
import type { Owner } from './platform.ts';

/**
 * Writes it into the algorithm's row; the next apply sets the service to it, and the first one after its time back again.
 * @throws NotOwned when the registry has no such row of this catalog.
 */
export async function setScale(
  aws: Aws,
  { names, catalogId }: Owner,
  algorithm: string,
  override: ScaleOverride | undefined,
): Promise<void> {
  await new Registry(aws.dynamodb, names.table('algorithms')).scale(algorithm, catalogId, override ?? null);
}
