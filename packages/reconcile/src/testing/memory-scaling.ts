/** Application Auto Scaling in memory: what it holds, and the scheduled actions whose time has come. No metric moves it. */

import {
  type DeleteScalingPolicyCommandInput,
  type DeleteScheduledActionCommandInput,
  type DeregisterScalableTargetCommandInput,
  type DescribeScalableTargetsCommandInput,
  type DescribeScalingPoliciesCommandInput,
  type DescribeScheduledActionsCommandInput,
  ObjectNotFoundException,
  type PutScalingPolicyCommandInput,
  type PutScheduledActionCommandInput,
  type RegisterScalableTargetCommandInput,
  ValidationException,
} from '@aws-sdk/client-application-auto-scaling';
import { LIMITS } from '@mip/registry/limits';
import type { MemoryEcs } from './memory-ecs.ts';
import { type Operations, pageOf, refuse, type World } from './world.ts';

interface MemoryTarget {
  readonly ResourceId: string;
  MinCapacity: number;
  MaxCapacity: number;
  SuspendedState: RegisterScalableTargetCommandInput['SuspendedState'];
  readonly tags: Readonly<Record<string, string>>;
  readonly policies: Map<string, PutScalingPolicyCommandInput>;
  readonly actions: Map<string, PutScheduledActionCommandInput>;
}

const ECS = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' } as const;

export class MemoryScaling {
  readonly targets = new Map<string, MemoryTarget>();
  /** Whether a one-off action is listed no more once it has run. AWS's pages do not say. */
  forgetsWhatIsOver = true;
  readonly #world: World;
  readonly #ecs: MemoryEcs;

  constructor(world: World, ecs: MemoryEcs) {
    this.#world = world;
    this.#ecs = ecs;
  }

  readonly operations: Operations = {
    RegisterScalableTarget: (input: RegisterScalableTargetCommandInput) => {
      this.#register(input);
      return {};
    },
    DeregisterScalableTarget: ({ ResourceId = '' }: DeregisterScalableTargetCommandInput) => {
      this.#target(ResourceId);
      this.targets.delete(ResourceId);
      return {};
    },
    DescribeScalableTargets: ({ ResourceIds, MaxResults = 50, NextToken }: DescribeScalableTargetsCommandInput) => {
      this.tick();
      const found = [...this.targets.values()].filter(({ ResourceId }) => ResourceIds?.includes(ResourceId) ?? true);
      const { page, next } = pageOf(found, MaxResults, NextToken);
      return {
        ScalableTargets: page.map(({ policies: _, actions: __, tags: ___, ...target }) => ({ ...ECS, ...target })),
        NextToken: next,
      };
    },
    PutScalingPolicy: (input: PutScalingPolicyCommandInput) => {
      const { policies } = this.#target(input.ResourceId ?? '');
      policies.set(input.PolicyName ?? '', input);
      if (policies.size > LIMITS.scaling.policiesPerTarget) refuse(ValidationException, 'Too many policies for this target.');
      return { PolicyARN: `arn:aws:autoscaling:${this.#world.region}:${this.#world.account}:scalingPolicy:x`, Alarms: [] };
    },
    DeleteScalingPolicy: ({ ResourceId = '', PolicyName = '' }: DeleteScalingPolicyCommandInput) => {
      if (!this.#target(ResourceId).policies.delete(PolicyName))
        refuse(ObjectNotFoundException, `No scaling policy found for ${PolicyName}`);
      return {};
    },
    DescribeScalingPolicies: ({ ResourceId, MaxResults = LIMITS.scaling.policiesPage, NextToken }: DescribeScalingPoliciesCommandInput) => {
      const { page, next } = pageOf(
        this.#of(ResourceId).flatMap(({ policies }) => [...policies.values()]),
        MaxResults,
        NextToken,
      );
      return { ScalingPolicies: page, NextToken: next };
    },
    PutScheduledAction: (input: PutScheduledActionCommandInput) => {
      const { actions } = this.#target(input.ResourceId ?? '');
      if ((timeOf(input) ?? Number.POSITIVE_INFINITY) <= this.#world.now)
        refuse(ValidationException, 'Scheduled time must be in the future.');
      actions.set(input.ScheduledActionName ?? '', input);
      return {};
    },
    DeleteScheduledAction: ({ ResourceId = '', ScheduledActionName = '' }: DeleteScheduledActionCommandInput) => {
      if (!this.#target(ResourceId).actions.delete(ScheduledActionName))
        refuse(ObjectNotFoundException, `No scheduled action found for ${ScheduledActionName}`);
      return {};
    },
    DescribeScheduledActions: ({
      ResourceId,
      MaxResults = LIMITS.scaling.actionsPage,
      NextToken,
    }: DescribeScheduledActionsCommandInput) => {
      this.tick();
      const { page, next } = pageOf(
        this.#of(ResourceId).flatMap(({ actions }) => [...actions.values()]),
        MaxResults,
        NextToken,
      );
      return { ScheduledActions: page, NextToken: next };
    },
  };

  /** Runs the scheduled actions whose time has come. */
  tick(): void {
    for (const target of this.targets.values())
      for (const [name, action] of target.actions) {
        if ((timeOf(action) ?? Number.POSITIVE_INFINITY) > this.#world.now) continue;
        if (!this.forgetsWhatIsOver && done.has(action)) continue;
        done.add(action);
        if (this.forgetsWhatIsOver) target.actions.delete(name);
        const { MinCapacity = target.MinCapacity, MaxCapacity = target.MaxCapacity } = action.ScalableTargetAction ?? {};
        Object.assign(target, { MinCapacity, MaxCapacity });
        this.#intoBounds(target);
      }
  }

  #register({ ResourceId = '', MinCapacity, MaxCapacity, SuspendedState, Tags }: RegisterScalableTargetCommandInput): void {
    const known = this.targets.get(ResourceId);
    if (this.#ecs.services.get(nameOf(ResourceId))?.status !== 'ACTIVE')
      refuse(ValidationException, `ECS service doesn't exist: ${ResourceId}`);
    if (known && Tags) refuse(ValidationException, 'Tags can be given only when a scalable target is made.');
    const min = MinCapacity ?? known?.MinCapacity ?? refuse(ValidationException, 'MinCapacity is required for a new target.');
    const max = MaxCapacity ?? known?.MaxCapacity ?? refuse(ValidationException, 'MaxCapacity is required for a new target.');
    if (min > max) refuse(ValidationException, 'Maximum capacity cannot be less than minimum capacity.');
    const before = known ?? { ResourceId, SuspendedState: undefined, tags: Tags ?? {}, policies: new Map(), actions: new Map() };
    const target = { ...before, MinCapacity: min, MaxCapacity: max, SuspendedState: SuspendedState ?? before.SuspendedState };
    this.targets.set(ResourceId, target);
    this.#intoBounds(target);
  }

  /** As the activities "minimum capacity was set to …" do. */
  #intoBounds({ ResourceId, MinCapacity, MaxCapacity }: MemoryTarget): void {
    const service = this.#ecs.services.get(nameOf(ResourceId));
    if (service?.status !== 'ACTIVE') return;
    const desiredCount = Math.min(Math.max(service.settings.desiredCount ?? 0, MinCapacity), MaxCapacity);
    service.settings = { ...service.settings, desiredCount };
  }

  #target(resource: string): MemoryTarget {
    return this.targets.get(resource) ?? refuse(ObjectNotFoundException, `No scalable target registered for ${resource}`);
  }

  #of(resource: string | undefined): readonly MemoryTarget[] {
    return [...this.targets.values()].filter(({ ResourceId }) => resource === undefined || ResourceId === resource);
  }
}

/** Those that have run, where they stay listed. */
const done = new WeakSet<object>();

/** Of a one-off action, milliseconds. */
function timeOf({ Schedule = '' }: PutScheduledActionCommandInput): number | undefined {
  const [, time] = /^at\((.+)\)$/.exec(Schedule) ?? [];
  return time === undefined ? undefined : Date.parse(`${time}Z`);
}

function nameOf(resource: string): string {
  return resource.split('/').at(-1) ?? '';
}
