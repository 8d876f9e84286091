/** The plans of a platform's regions: against the cloud, or of one catalog against another. */
import { getIDToken } from '@actions/core';
import { ReleasedContracts } from '@mip/catalog/released-contracts';
import {
  type Aws,
  type CatalogOnDisk,
  type Conformer,
  type Connection,
  lineOf,
  type Override,
  offlinePlan,
  openRegion,
  type Plan,
  type Prepared,
  plan,
  publishedByBuild,
  treeHashesOf,
} from '@mip/reconcile';
import { sentenceOf } from '@mip/reconcile/aws/errors';
import { workflowCredentials } from '@mip/reconcile/aws/workflow-credentials';
import { Failure } from './action.ts';

/** The plan of one region, which can be applied. */
export interface RegionPlan {
  readonly aws: Aws;
  readonly prepared: Prepared;
}

/** A plan without a cloud behind it: it is only shown. */
export type ShownPlan = Pick<Prepared, 'plan' | 'dangers'>;

export interface PlanOptions {
  readonly allow?: readonly Override[];
  readonly depth?: 'changes' | 'deep';
  /** A role to take on by GitHub's OIDC, renewed for as long as the run goes on; without it, the environment's credentials hold. */
  readonly role?: string;
  /** Who judges what candidates make of their cases; for plans that are going to be applied. */
  readonly conformer?: Conformer;
}

/** In the order of the platform file. @throws {Failure} that names every region which could not be planned. */
export async function planRegions(
  catalog: CatalogOnDisk,
  { allow = [], depth = 'changes', role = '', conformer }: PlanOptions = {},
): Promise<readonly RegionPlan[]> {
  const planned = await Promise.allSettled(
    catalog.platform.regions.map(async (region): Promise<RegionPlan> => {
      const reach = { connection: connectionTo(region, role), images: publishedByBuild, ...(conformer && { conformer }) };
      const { aws, input } = await openRegion(catalog, reach, { allow });
      return { aws, prepared: await plan(aws, input, depth) };
    }),
  );
  const failed = planned.flatMap((one, index) =>
    one.status === 'rejected' ? [`${catalog.platform.regions[index]}: ${sentenceOf(one.reason)}`] : [],
  );
  if (failed.length > 0) throw new Failure(failed.join('\n'));
  return planned.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

/** Who GitHub's OIDC tokens are for. */
const AUDIENCE = 'sts.amazonaws.com';

function connectionTo(region: string, role: string): Connection {
  if (role === '') return { region };
  return { region, credentials: workflowCredentials({ region }, { role, session: 'mip', token: () => getIDToken(AUDIENCE) }) };
}

/** What the head's catalog changes about the base's, by region. */
export async function planOffline(base: CatalogOnDisk, head: CatalogOnDisk): Promise<readonly ShownPlan[]> {
  const [before, after] = await Promise.all([offline(base), offline(head)]);
  return head.platform.regions.map((region) => offlinePlan({ base: before, head: after, region, lineOf: lineOf(head.algorithms) }));
}

async function offline(catalog: CatalogOnDisk) {
  const { root, algorithms, platform } = catalog;
  return { algorithms, platform, treeHashes: await treeHashesOf(catalog), contracts: new ReleasedContracts(root) };
}

/** Numbers of all regions together. */
export function countOf(plans: readonly Pick<Prepared, 'plan'>[], count: (plan: Plan) => number): number {
  return plans.reduce((sum, one) => sum + count(one.plan), 0);
}
