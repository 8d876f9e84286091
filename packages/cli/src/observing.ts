/** What `status`, `health` and `logs` share: each region of a platform as it is, whatever the catalog says by now. */
import { type Aws, type Connection, makeAws, publishedByBuild } from '@mip/reconcile';
import { physicalNames } from '@mip/registry';
import type { Context, GlobalOptions } from './context.ts';
import { openPlatform } from './platform.ts';
import { type InRegion, regionsOf } from './regions.ts';
import { sentenceOf } from './sentence.ts';

/** One region to look at. */
export interface Observed {
  readonly aws: Aws;
  readonly connection: Connection;
  readonly owner: { readonly catalogId: string; readonly region: string; readonly names: ReturnType<typeof physicalNames> };
}

/** A region that cannot be looked at leaves the others. */
export async function observeRegions<T>(
  context: Context,
  { platform: name, region: only }: Pick<GlobalOptions, 'platform' | 'region'>,
  look: (observed: Observed) => Promise<T>,
): Promise<readonly InRegion<T>[]> {
  const { platform } = await openPlatform(context, name);
  const { prefix, account, catalog_id: catalogId } = platform;
  const inOne = async (region: string): Promise<InRegion<T>> => {
    try {
      const names = physicalNames({ prefix, account, region, platform: name });
      const connection = { region };
      return { region, value: await look({ aws: makeAws(connection, publishedByBuild), connection, owner: { catalogId, region, names } }) };
    } catch (error) {
      return { region, error: sentenceOf(error) };
    }
  };
  return Promise.all(regionsOf(platform, only).map(inOne));
}
