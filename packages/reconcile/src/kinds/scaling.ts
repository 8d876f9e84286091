/**
 * What decides how many tasks a service runs: its bounds, the policy that follows the queue's backlog, and the end of what somebody set for a
 * while. All of it is Application Auto Scaling's; its hash is a tag of the service, because AAS's own list shows no tags.
 */

import {
  DeleteScalingPolicyCommand,
  DeleteScheduledActionCommand,
  DeregisterScalableTargetCommand,
  PutScalingPolicyCommand,
  type TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling';
import { type Service, UntagResourceCommand } from '@aws-sdk/client-ecs';
import { LIMITS } from '@mip/registry/limits';
import { type PhysicalNames, TAGS } from '@mip/registry/names';
import { lineOf, rangeOf } from '../algorithm.ts';
import { batches, readEach } from '../aws/batches.ts';
import type { Aws } from '../aws/clients.ts';
import {
  catalogPart,
  endOf,
  named,
  putTurn,
  type Registered,
  readRegistered,
  scalingHash,
  setBounds,
  type Turn,
  unlessGone,
} from '../aws/scaling.ts';
import { trackingOf } from '../aws/scaling-policy.ts';
import { describeServices, ownedServices, tagService } from '../aws/services.ts';
import { tagRecord } from '../aws/tags.ts';
import { diffFields, hashOf } from '../change.ts';
import { type Change, type Kind, type Listed, type Observed, ownership, type Run, type Wanted, want } from './kind.ts';

export interface ScalingSpec {
  readonly resource: string;
  readonly min: number;
  readonly max: number;
  /** By name, as AAS has them; of another type than target tracking only the type. */
  readonly policies: Readonly<Record<string, TargetTrackingScalingPolicyConfiguration | { readonly type: string }>>;
  readonly actions: Readonly<Record<string, Turn>>;
  /** Whether somebody stopped all or part of it. */
  readonly suspended: boolean;
}

export const scaling: Kind<ScalingSpec> = {
  name: 'scaling',
  perVersion: true,
  permissions: {
    read: [
      ...['tag:GetResources', 'ecs:ListServices', 'ecs:DescribeServices', 'application-autoscaling:DescribeScalableTargets'],
      ...['application-autoscaling:DescribeScalingPolicies', 'application-autoscaling:DescribeScheduledActions'],
    ],
    write: [
      ...['application-autoscaling:RegisterScalableTarget', 'application-autoscaling:DeregisterScalableTarget'],
      ...['application-autoscaling:PutScalingPolicy', 'application-autoscaling:DeleteScalingPolicy'],
      ...['application-autoscaling:PutScheduledAction', 'application-autoscaling:DeleteScheduledAction'],
      ...['application-autoscaling:TagResource', 'iam:CreateServiceLinkedRole', 'ecs:TagResource', 'ecs:UntagResource'],
    ],
  },
  causes: { '/min': '/scaling/min', '/max': '/scaling/max', '/policies': '/scaling' },

  desire(algorithm, { names }) {
    const line = lineOf(algorithm);
    const { override } = algorithm;
    const range = rangeOf(algorithm);
    const end = override && endOf(override, range);
    const base: ScalingSpec = {
      resource: names.scalableTarget(line),
      ...range,
      policies: { [names.scalingPolicy(line)]: trackingOf(algorithm, names) },
      actions: {},
      suspended: false,
    };
    const held = override && { min: override.count, max: override.count };
    const spec = { ...base, ...held, ...(end && { actions: { [names.overrideEnd(line)]: end } }) };
    return [{ ...want('scaling', algorithm, names.service(line), spec), specHash: scalingHash(hashOf(base), end && override) }];
  },

  /** Every service of the catalog: where one has no hash, there is no scaling, or a run was killed on the way. */
  async list(aws, owner) {
    const listed = new Map<string, Listed>();
    for (const { name, tags } of await ownedServices(aws, owner))
      listed.set(name, { algorithm: tags[TAGS.algorithm], specHash: tags[TAGS.scalingHash] });
    return listed;
  },

  async inspect(aws, { names }, subjects) {
    const services = await readEach(batches([...subjects.keys()], LIMITS.ecs.describeServices), (some) =>
      describeServices(aws.ecs, names.cluster, some),
    );
    const found = services.flat();
    const registered =
      found.length > 0
        ? await readRegistered(
            aws.scaling,
            found.map(({ serviceName = '' }) => resourceOf(names, serviceName)),
          )
        : new Map();
    return new Map(
      found.flatMap((service) => {
        const name = service.serviceName ?? '';
        const seen = registered.get(resourceOf(names, name));
        return seen ? [[name, observed(names, service, seen)] as const] : [];
      }),
    );
  },

  diff: diffFields,

  async apply(aws, change, run) {
    if (change.action === 'delete') return remove(aws, change, run);
    const { name, spec, specHash } = change.wanted as Wanted<ScalingSpec>;
    const { resource, policies, actions } = spec;
    const putActions = async () => {
      for (const [action, turn] of Object.entries(actions)) await putTurn(aws.scaling, resource, action, turn);
    };
    if (change.observed) await putActions(); // first: what is set for a while must not be left without an end
    await setBounds(aws.scaling, resource, spec, change.observed ? undefined : { [TAGS.managedBy]: run.catalogId });
    if (!change.observed) await putActions();
    for (const [policy, tracking] of Object.entries(policies)) await putPolicy(aws, resource, policy, tracking);
    await removeOthers(aws, change);
    await tagService(aws.ecs, { serviceArn: run.names.serviceArn(name) }, { [TAGS.scalingHash]: specHash }); // last: the hash says that all of it is done
  },
};

function resourceOf(names: PhysicalNames, service: string): string {
  return names.scalableTarget(names.lineOf(service));
}

function observed(names: PhysicalNames, service: Service, { target, policies, actions }: Registered): Observed<ScalingSpec> {
  const tags = tagRecord(service.tags);
  const { owner, algorithm } = ownership(tags);
  const name = service.serviceName ?? '';
  const bounds = { min: target.MinCapacity ?? 0, max: target.MaxCapacity ?? 0 };
  const turns = actions.map(({ ScheduledActionName = '', Schedule = '', ScalableTargetAction: to }) => {
    return [ScheduledActionName, { schedule: Schedule, min: to?.MinCapacity ?? 0, max: to?.MaxCapacity ?? 0 }] as const;
  });
  const end = names.overrideEnd(names.lineOf(name));
  const pending = Object.fromEntries(turns.filter(([action, turn]) => action !== end || !isOver(turn, bounds)));
  const { DynamicScalingInSuspended, DynamicScalingOutSuspended, ScheduledScalingSuspended } = target.SuspendedState ?? {};
  const spec: ScalingSpec = {
    resource: target.ResourceId ?? '',
    ...bounds,
    policies: Object.fromEntries(
      policies.map((one) => [one.PolicyName ?? '', one.TargetTrackingScalingPolicyConfiguration ?? { type: one.PolicyType ?? '' }]),
    ),
    actions: pending,
    suspended: Boolean(DynamicScalingInSuspended || DynamicScalingOutSuspended || ScheduledScalingSuspended),
  };
  const hash = tags[TAGS.scalingHash];
  // After an override's end nobody has written the tag again: AAS alone has put the catalog's bounds back.
  const specHash = hash !== undefined && !(end in pending) ? catalogPart(hash) : hash;
  return { name, owner, algorithm, specHash, spec };
}

/** Whether the end of an override has come: its bounds hold, and it has nothing more to do. Whether AAS still lists it is of no matter. */
function isOver({ min, max }: Turn, bounds: { readonly min: number; readonly max: number }): boolean {
  return min === bounds.min && max === bounds.max;
}

async function putPolicy(aws: Aws, resource: string, PolicyName: string, tracking: ScalingSpec['policies'][string]): Promise<void> {
  const TargetTrackingScalingPolicyConfiguration = tracking as TargetTrackingScalingPolicyConfiguration;
  const policy = { PolicyName, PolicyType: 'TargetTrackingScaling', TargetTrackingScalingPolicyConfiguration } as const;
  await aws.scaling.send(new PutScalingPolicyCommand({ ...named(resource), ...policy }));
}

/** What somebody added, and the end of an override that holds no more. */
async function removeOthers(aws: Aws, { wanted, observed: seen }: Change<ScalingSpec>): Promise<void> {
  const { resource, policies = {}, actions = {} } = wanted?.spec ?? { resource: '' };
  for (const PolicyName of Object.keys(seen?.spec.policies ?? {}))
    if (!(PolicyName in policies)) await unlessGone(aws.scaling.send(new DeleteScalingPolicyCommand({ ...named(resource), PolicyName })));
  for (const ScheduledActionName of Object.keys(seen?.spec.actions ?? {}))
    if (!(ScheduledActionName in actions))
      await unlessGone(aws.scaling.send(new DeleteScheduledActionCommand({ ...named(resource), ScheduledActionName })));
}

/** Policies and actions go with the target. The number of tasks stays what it is: what drains goes on. */
async function remove(aws: Aws, { name }: Change<ScalingSpec>, { names }: Run): Promise<void> {
  const [service] = await describeServices(aws.ecs, names.cluster, [name]);
  // First: a hash says that all of it is there.
  if (service) await aws.ecs.send(new UntagResourceCommand({ resourceArn: service.serviceArn, tagKeys: [TAGS.scalingHash] }));
  await unlessGone(aws.scaling.send(new DeregisterScalableTargetCommand(named(resourceOf(names, name)))));
}
