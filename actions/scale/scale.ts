/** A number of tasks for a while, in every region of a platform. It reaches for no more of AWS than that needs. */
import { info } from '@actions/core';
import type { Algorithm } from '@mip/catalog';
import type { CatalogOnDisk } from '@mip/reconcile';
import { sentenceOf } from '@mip/reconcile/aws/errors';
import { makeTaskAws } from '@mip/reconcile/aws/task-clients';
import { type Scaled, type Scaling, scale } from '@mip/reconcile/scale';
import { physicalNames } from '@mip/registry/names';
import type { Place } from '../shared/action.ts';
import { checkedOut } from '../shared/checkout.ts';

/** What came of one region: how many tasks ran and run, or a sentence that says why nothing was set. */
export type InRegion = { readonly region: string } & ({ readonly scaled: Scaled } | { readonly error: string });

interface ScaleRequest {
  readonly catalog: CatalogOnDisk;
  readonly algorithm: Algorithm;
  readonly override: Scaling['override'];
  readonly place: Place;
}

/** In the order of the platform file, one beside the other: one that fails leaves the others. */
export async function setTasks({ catalog, algorithm, override, place }: ScaleRequest): Promise<readonly InRegion[]> {
  const { regions, catalog_id: catalogId, prefix, account, name: platform } = catalog.platform;
  const commit = await checkedOut(catalog.root);
  const inOne = async (region: string): Promise<InRegion> => {
    const owner = { catalogId, region, names: physicalNames({ prefix, account, region, platform }) };
    const note = (line: string) => info(`${region}: ${line}`);
    const holding = { commit, holder: `${place.actor}, ${place.runUrl}`, now: () => new Date(), note };
    try {
      return { region, scaled: await scale(makeTaskAws({ region }), owner, { algorithm, override }, holding) };
    } catch (error) {
      return { region, error: sentenceOf(error) };
    }
  };
  return Promise.all(regions.map(inOne));
}
