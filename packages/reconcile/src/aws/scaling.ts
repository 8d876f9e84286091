/** What Application Auto Scaling holds of ECS services: their bounds, their policies, and the ends of overrides. */

import {
  type ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
  DescribeScheduledActionsCommand,
  ObjectNotFoundException,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
  type ScalableTarget,
  type ScalingPolicy,
  type ScheduledAction,
} from '@aws-sdk/client-application-auto-scaling';
import { LIMITS } from '@mip/registry/limits';
import type { ScaleOverride } from '../algorithm.ts';
import { batches } from './batches.ts';

type Scaling = Pick<ApplicationAutoScalingClient, 'send'>;

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** A scheduled action as far as MIP looks at it. */
export interface Turn extends Bounds {
  /** `at(yyyy-mm-ddThh:mm:ss)`, UTC, for one that MIP makes. */
  readonly schedule: string;
}

/** All of one service that is registered. */
export interface Registered {
  readonly target: ScalableTarget;
  readonly policies: readonly ScalingPolicy[];
  readonly actions: readonly ScheduledAction[];
}

const ECS = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' } as const;

/** Nothing of it is stopped. */
const AT_WORK = { DynamicScalingInSuspended: false, DynamicScalingOutSuspended: false, ScheduledScalingSuspended: false };

/** The three fields by which every call names a service. @param resource `service/{cluster}/{service}`. */
export function named(resource: string) {
  return { ...ECS, ResourceId: resource };
}

/** Those of the resources that are registered, by resource. */
export async function readRegistered(scaling: Scaling, resources: readonly string[]): Promise<ReadonlyMap<string, Registered>> {
  const targets: ScalableTarget[] = [];
  for (const ResourceIds of batches(resources, LIMITS.scaling.describeTargets)) {
    const { ScalableTargets = [] } = await scaling.send(new DescribeScalableTargetsCommand({ ...ECS, ResourceIds: [...ResourceIds] }));
    targets.push(...ScalableTargets);
  }
  if (targets.length === 0) return new Map();
  // One question each costs less than the whole list, but of many.
  const of = targets.length <= LIMITS.scaling.policiesPage ? targets.map(({ ResourceId }) => ResourceId) : [undefined];
  const policies = await everyPage(of, (page) => scaling.send(new DescribeScalingPoliciesCommand({ ...ECS, ...page })), 'ScalingPolicies');
  const actions = await everyPage(of, (page) => scaling.send(new DescribeScheduledActionsCommand({ ...ECS, ...page })), 'ScheduledActions');
  const mine = <T extends { ResourceId: string | undefined }>(all: readonly T[], id?: string) => all.filter((one) => one.ResourceId === id);
  return new Map(
    targets.map((target) => {
      const id = target.ResourceId;
      return [id ?? '', { target, policies: mine(policies, id), actions: mine(actions, id) }] as const;
    }),
  );
}

/** All that a paged call has to say of each resource, or of all where one is undefined. */
async function everyPage<Key extends string, Item>(
  resources: readonly (string | undefined)[],
  call: (page: {
    ResourceId?: string;
    NextToken?: string;
  }) => Promise<{ readonly [key in Key]?: Item[] | undefined } & { NextToken?: string | undefined }>,
  key: Key,
): Promise<readonly Item[]> {
  const all: Item[] = [];
  for (const resource of resources) {
    let token: string | undefined;
    do {
      const page = await call({ ...(resource !== undefined && { ResourceId: resource }), ...(token && { NextToken: token }) });
      all.push(...(page[key] ?? []));
      token = page.NextToken;
    } while (token);
  }
  return all;
}

/** Sets the bounds and lets all of it work; AAS brings a number of tasks outside of them to the nearest one by itself. @param tags of a target that is made by this. */
export async function setBounds(scaling: Scaling, resource: string, { min, max }: Bounds, tags?: Record<string, string>): Promise<void> {
  const bounds = { MinCapacity: min, MaxCapacity: max, SuspendedState: AT_WORK };
  await scaling.send(new RegisterScalableTargetCommand({ ...named(resource), ...bounds, ...(tags && { Tags: tags }) }));
}

export async function putTurn(scaling: Scaling, resource: string, name: string, { schedule, min, max }: Turn): Promise<void> {
  const ScalableTargetAction = { MinCapacity: min, MaxCapacity: max };
  await scaling.send(
    new PutScheduledActionCommand({ ...named(resource), ScheduledActionName: name, Schedule: schedule, ScalableTargetAction }),
  );
}

/** For deletes: what is gone already is as good. */
export async function unlessGone(call: Promise<unknown>): Promise<void> {
  await call.catch((error) => {
    if (!(error instanceof ObjectNotFoundException)) throw error;
  });
}

/** What ends an override: the catalog's bounds again. Undefined where it sets nothing else than they do. Pure. */
export function endOf({ count, until }: ScaleOverride, catalog: Bounds): Turn | undefined {
  if (catalog.min === count && catalog.max === count) return undefined;
  return { schedule: `at(${until.slice(0, 19)})`, ...catalog };
}

/**
 * What the service's tag says of its scaling: the hash of what the catalog asks for, and beside it the override that was set. So whoever sets
 * one alone need not know the rest, and what is left after its end is told from what never had one. Pure.
 */
export function scalingHash(hash: string, override: ScaleOverride | undefined): string {
  return override ? `${catalogPart(hash)}+${override.count}@${override.until}` : catalogPart(hash);
}

/** Without an override. Pure. */
export function catalogPart(hash: string): string {
  return hash.split('+')[0] ?? '';
}
