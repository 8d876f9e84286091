/** What `status`, `health` and `logs` share: each region of a platform as it is, whatever the catalog says by now. */
import type { Platform } from '@mip/catalog';
import { type Aws, type Connection, makeAws, publishedByBuild } from '@mip/reconcile';
import type { Owner } from '@mip/reconcile/platform';
import { physicalNames } from '@mip/registry';
import type { Context, GlobalOptions } from './context.ts';
import { openPlatform, scopeOf } from './platform.ts';
import { type InRegion, inRegion, regionsOf } from './regions.ts';

/** One region to look at. */
export interface Observed {
  readonly aws: Aws;
  readonly connection: Connection;
  readonly owner: Owner;
}

/** A region that cannot be looked at leaves the others. */
export async function observeRegions<T>(
  context: Context,
  { platform: name, region: only }: Pick<GlobalOptions, 'platform' | 'region'>,
  look: (observed: Observed) => Promise<T>,
): Promise<readonly InRegion<T>[]> {
  const { platform } = await openPlatform(context, name);
  const inOne = async (region: string) => look(observed(platform, region));
  return Promise.all(regionsOf(platform, only).map((region) => inRegion(region, () => inOne(region))));
}

export function observed(platform: Platform, region: string): Observed {
  const owner = { catalogId: platform.catalog_id, region, names: physicalNames(scopeOf(platform, region)) };
  const connection = { region };
  return { aws: makeAws(connection, publishedByBuild), connection, owner };
}
