/** ECS services: which there are, and how many tasks one runs. */

import {
  DescribeServicesCommand,
  type ECSClient,
  ListServicesCommand,
  type Service,
  TagResourceCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { TAGS } from '@mip/registry/names';
import { hashOf } from '../change.ts';
import { lowerTags, tagRecord } from './tags.ts';

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

/** Those of them that are there, with their tags; at most `LIMITS.ecs.describeServices` at once. */
export async function describeServices(ecs: Ecs, cluster: string, names: readonly string[]): Promise<readonly Service[]> {
  const answer = await ecs.send(new DescribeServicesCommand({ cluster, services: [...names], include: ['TAGS'] }));
  const failed = answer.failures?.find(({ reason }) => reason !== 'MISSING');
  if (failed) throw new Error(`service ${failed.arn}: ${failed.reason}`);
  return (answer.services ?? []).filter(({ status }) => status === 'ACTIVE');
}

/** The hash of a service's spec, with the number of its tasks beside it: whoever changes the number alone need not know the rest. */
export function serviceHash({ desiredCount, ...rest }: { readonly desiredCount: number }): string {
  return `${hashOf(rest)}+${desiredCount}`;
}

/** Runs another number of tasks. The tag goes last: it says that the number is set. */
export async function setTasks(ecs: Ecs, cluster: string, { serviceName, serviceArn, tags }: Service, count: number): Promise<void> {
  await ecs.send(new UpdateServiceCommand({ cluster, service: serviceName, desiredCount: count }));
  const hash = tagRecord(tags)[TAGS.specHash]?.replace(/\+\d+$/, `+${count}`);
  if (hash !== undefined) await ecs.send(new TagResourceCommand({ resourceArn: serviceArn, tags: lowerTags({ [TAGS.specHash]: hash }) }));
}
