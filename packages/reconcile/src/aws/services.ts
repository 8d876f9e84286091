/** ECS services: which there are, and how many tasks one runs. */

import {
  DescribeServicesCommand,
  type ECSClient,
  ListServicesCommand,
  type Service,
  TagResourceCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import type { Owner } from '../platform.ts';
import type { Aws } from './clients.ts';
import { lowerTags, ownedResources, type TaggedResource } from './tags.ts';

type Ecs = Pick<ECSClient, 'send'>;

/** ARNs of the cluster's services; the tag index still knows deleted ones. */
export async function activeServices(ecs: Ecs, cluster: string): Promise<ReadonlySet<string>> {
  const arns = new Set<string>();
  let nextToken: string | undefined;
  do {
    const page = await ecs.send(new ListServicesCommand({ cluster, maxResults: 100, nextToken }));
    for (const arn of page.serviceArns ?? []) arns.add(arn);
    nextToken = page.nextToken;
  } while (nextToken);
  return arns;
}

export interface OwnedService extends TaggedResource {
  readonly name: string;
}

/** The lists that are being read, by client: two kinds look at services at the same time, and one reading does for both. */
const underWay = new WeakMap<object, Promise<readonly OwnedService[]>>();

/** The services of a catalog that are there, with the tags that the index has of them. */
export function ownedServices(aws: Pick<Aws, 'ecs' | 'tagging'>, owner: Owner): Promise<readonly OwnedService[]> {
  const known = underWay.get(aws.ecs);
  if (known) return known;
  const reading = readOwned(aws, owner).finally(() => underWay.delete(aws.ecs));
  underWay.set(aws.ecs, reading);
  return reading;
}

async function readOwned(aws: Pick<Aws, 'ecs' | 'tagging'>, { catalogId, names }: Owner): Promise<readonly OwnedService[]> {
  const active = await activeServices(aws.ecs, names.cluster);
  const owned: OwnedService[] = [];
  for await (const { arn, tags } of ownedResources(aws.tagging, catalogId, 'ecs:service'))
    if (active.has(arn)) owned.push({ arn, tags, name: arn.slice(arn.lastIndexOf('/') + 1) });
  return owned;
}

/** Those of them that are there, with their tags; at most `LIMITS.ecs.describeServices` at once. */
export async function describeServices(ecs: Ecs, cluster: string, names: readonly string[]): Promise<readonly Service[]> {
  const answer = await ecs.send(new DescribeServicesCommand({ cluster, services: [...names], include: ['TAGS'] }));
  const failed = answer.failures?.find(({ reason }) => reason !== 'MISSING');
  if (failed) throw new Error(`service ${failed.arn}: ${failed.reason}`);
  return (answer.services ?? []).filter(({ status }) => status === 'ACTIVE');
}

/** Runs another number of tasks. */
export async function setTasks(ecs: Ecs, cluster: string, service: string, count: number): Promise<void> {
  await ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount: count }));
}

export async function tagService(
  ecs: Ecs,
  { serviceArn }: Pick<Service, 'serviceArn'>,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  await ecs.send(new TagResourceCommand({ resourceArn: serviceArn, tags: lowerTags(tags) }));
}

/** How far a service has come on its way to a revision. */
export type Steadiness =
  | { readonly state: 'steady' }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'moving'; readonly words: string };

/** For so long ECS may still describe a service as it was before its last update. */
const SETTLED_MS = 30_000;

/** Pure. @param waited milliseconds since the service was told to run that revision. */
export function steadinessOf(service: Service | undefined, taskDefinition: string, waited: number): Steadiness {
  if (!service) return { state: 'failed', reason: 'its service was deleted meanwhile' };
  const { deployments = [], runningCount = 0, desiredCount = 0 } = service;
  const primary = deployments.find(({ status }) => status === 'PRIMARY');
  const own = primary?.taskDefinition === taskDefinition ? primary : deployments.find((one) => one.taskDefinition === taskDefinition);
  const reason = own?.rolloutStateReason ?? primary?.rolloutStateReason ?? 'ECS gives no reason';
  if (own?.rolloutState === 'FAILED') return { state: 'failed', reason: `its service did not come up: ${reason}` };
  const moving = { state: 'moving' as const, words: `${runningCount} of ${desiredCount} tasks run` };
  if (own !== primary || !own)
    return waited < SETTLED_MS ? moving : { state: 'failed', reason: `ECS put its service back on the version before: ${reason}` };
  return (own.rolloutState ?? (runningCount >= desiredCount ? 'COMPLETED' : '')) === 'COMPLETED' ? { state: 'steady' } : moving;
}

/** The revision that a service would go back to: one that it still runs, beside the one that it should. */
export function revisionBefore({ deployments = [], taskDefinition }: Service, wanted: string): string | undefined {
  const other = deployments.find((one) => one.taskDefinition !== wanted && one.rolloutState !== 'FAILED')?.taskDefinition;
  return other ?? (taskDefinition === wanted ? undefined : taskDefinition);
}

/** Whether ECS has given up on the revision that the service is told to run: it tries it again only when it is forced to. */
export function hasGivenUp({ deployments = [] }: Service, taskDefinition: string): boolean {
  return deployments.some((one) => one.status === 'PRIMARY' && one.taskDefinition === taskDefinition && one.rolloutState === 'FAILED');
}
