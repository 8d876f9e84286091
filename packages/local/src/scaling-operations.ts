/** The calls of Application Auto Scaling that reconcile makes, on the targets of a local cloud. */
import { type Input, ScalingRefusal, type ScalingTargets, type Target } from './scaling-targets.ts';

/** The services that are scaled. */
export interface ScaledServices {
  /** The number of tasks that a service is asked for; undefined where there is no such service. */
  desired(resource: string): Promise<number | undefined>;
  setDesired(resource: string, count: number): Promise<void>;
}

export type Operation = (input: Input) => Promise<Input>;

const ECS = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' } as const;
/** What AWS gives a page. */
const PAGE = { targets: 50, policies: 10, actions: 50 };

export function scalingOperations(
  targets: ScalingTargets,
  services: ScaledServices,
  now: () => number = Date.now,
): Readonly<Record<string, Operation>> {
  return {
    RegisterScalableTarget: async (input) => {
      await targets.put(registered(input, targets, await services.desired(idOf(input)), now()));
      await intoBounds(targets.get(idOf(input)), services);
      return {};
    },
    DeregisterScalableTarget: async (input) => {
      await targets.remove(idOf(input));
      return {};
    },
    DescribeScalableTargets: async (input) => {
      const wanted = input.ResourceIds as readonly string[] | undefined;
      const found = targets.all().filter(({ id }) => wanted?.includes(id) ?? true);
      return paged('ScalableTargets', found.map(shown), input, PAGE.targets);
    },
    PutScalingPolicy: async (input) => {
      const target = targets.get(idOf(input));
      refuseUnless(isTracking(input), 'TargetTrackingScalingPolicyConfiguration needs a TargetValue above 0 and one metric specification.');
      await targets.put({
        ...target,
        policies: { ...target.policies, [String(input.PolicyName)]: { CreationTime: now() / 1000, ...input } },
      });
      return { PolicyARN: arnOf(input), Alarms: [] };
    },
    DeleteScalingPolicy: async (input) => {
      await targets.put({
        ...targets.get(idOf(input)),
        policies: without(targets.get(idOf(input)).policies, String(input.PolicyName), 'scaling policy'),
      });
      return {};
    },
    DescribeScalingPolicies: async (input) =>
      paged(
        'ScalingPolicies',
        of(targets, input).flatMap(({ policies }) => Object.values(policies).map((one) => ({ ...one, PolicyARN: arnOf(one) }))),
        input,
        PAGE.policies,
      ),
    PutScheduledAction: async (input) => {
      const target = targets.get(idOf(input));
      const time = timeOf(input);
      refuseUnless(time === undefined || time > now(), 'The scheduled time must be in the future.');
      await targets.put({
        ...target,
        actions: { ...target.actions, [String(input.ScheduledActionName)]: { CreationTime: now() / 1000, ...input } },
      });
      return {};
    },
    DeleteScheduledAction: async (input) => {
      await targets.put({
        ...targets.get(idOf(input)),
        actions: without(targets.get(idOf(input)).actions, String(input.ScheduledActionName), 'scheduled action'),
      });
      return {};
    },
    DescribeScheduledActions: async (input) =>
      paged(
        'ScheduledActions',
        of(targets, input).flatMap(({ actions }) => Object.values(actions).map((one) => ({ ...one, ScheduledActionARN: arnOf(one) }))),
        input,
        PAGE.actions,
      ),
  };
}

/** Puts the bounds of the actions whose time has come, once each. */
export async function runDueActions(targets: ScalingTargets, services: ScaledServices, now: number): Promise<void> {
  for (const target of targets.all()) {
    const due = Object.entries(target.actions).filter(([, action]) => (timeOf(action) ?? Number.POSITIVE_INFINITY) <= now);
    if (due.length === 0) continue;
    const to = Object.assign({}, ...due.map(([, { ScalableTargetAction }]) => ScalableTargetAction)) as {
      MinCapacity?: number;
      MaxCapacity?: number;
    };
    const actions = Object.fromEntries(Object.entries(target.actions).filter(([name]) => !due.some(([one]) => one === name)));
    await targets.put({ ...target, min: to.MinCapacity ?? target.min, max: to.MaxCapacity ?? target.max, actions });
    await intoBounds(targets.get(target.id), services);
  }
}

/** AAS brings a number of tasks outside of the bounds to the nearest one as soon as they are set. */
async function intoBounds({ id, min, max }: Target, services: ScaledServices): Promise<void> {
  const desired = await services.desired(id);
  const within = Math.min(Math.max(desired ?? 0, min), max);
  if (desired !== undefined && desired !== within) await services.setDesired(id, within);
}

/** @param desired undefined where there is no such service. */
function registered(input: Input, targets: ScalingTargets, desired: number | undefined, now: number): Target {
  const id = idOf(input);
  const known = targets.find(id);
  refuseUnless(desired !== undefined, `ECS service doesn't exist: ${id}`);
  refuseUnless(!(known && input.Tags), 'Tags can be given only when a scalable target is made.');
  const min = (input.MinCapacity as number | undefined) ?? known?.min;
  const max = (input.MaxCapacity as number | undefined) ?? known?.max;
  if (min === undefined || max === undefined)
    throw new ScalingRefusal('ValidationException', 'MinCapacity and MaxCapacity are required for a new target.');
  refuseUnless(min >= 0 && min <= max, 'Maximum capacity cannot be less than minimum capacity.');
  const before = known ?? { id, tags: (input.Tags as Input) ?? {}, created: now, policies: {}, actions: {}, suspended: {} };
  return { ...before, min, max, suspended: { ...before.suspended, ...(input.SuspendedState as Input) } };
}

function idOf({ ServiceNamespace, ResourceId }: Input): string {
  refuseUnless(ServiceNamespace === 'ecs', `Unsupported service namespace: ${ServiceNamespace}`);
  refuseUnless(/^service\/[\w-]+\/[\w-]+$/.test(String(ResourceId)), `Unsupported resource ID: ${ResourceId}`);
  return String(ResourceId);
}

function of(targets: ScalingTargets, { ResourceId }: Input): readonly Target[] {
  return targets.all().filter(({ id }) => ResourceId === undefined || ResourceId === id);
}

function shown({ id, min, max, suspended, created }: Target): Input {
  const RoleARN =
    'arn:aws:iam::000000000000:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService';
  return { ...ECS, ResourceId: id, MinCapacity: min, MaxCapacity: max, RoleARN, CreationTime: created / 1000, SuspendedState: suspended };
}

function isTracking({ PolicyType, TargetTrackingScalingPolicyConfiguration: tracking }: Input): boolean {
  if (PolicyType !== 'TargetTrackingScaling') return true;
  const { TargetValue = 0, PredefinedMetricSpecification, CustomizedMetricSpecification } = (tracking ?? {}) as Input;
  return Number(TargetValue) > 0 && !PredefinedMetricSpecification !== !CustomizedMetricSpecification;
}

function without(all: Readonly<Record<string, Input>>, name: string, what: string): Record<string, Input> {
  if (!(name in all)) throw new ScalingRefusal('ObjectNotFoundException', `No ${what} found for service namespace: ecs, name: ${name}`);
  return Object.fromEntries(Object.entries(all).filter(([one]) => one !== name));
}

/** Tokens are offsets. */
function paged(key: string, items: readonly Input[], { NextToken, MaxResults }: Input, most: number): Input {
  const start = Number(NextToken ?? 0);
  const size = Number(MaxResults ?? most);
  const next = start + size < items.length ? { NextToken: String(start + size) } : {};
  return { [key]: items.slice(start, start + size), ...next };
}

/** Of a one-off action, milliseconds; others are of no use here and never run. */
function timeOf({ Schedule }: Input): number | undefined {
  const [, time] = /^at\((.+)\)$/.exec(String(Schedule)) ?? [];
  const ms = Date.parse(`${time}Z`);
  if (time !== undefined && Number.isNaN(ms)) throw new ScalingRefusal('ValidationException', `Invalid schedule expression: ${Schedule}`);
  return time === undefined ? undefined : ms;
}

function arnOf({ ResourceId, PolicyName, ScheduledActionName }: Input): string {
  return `arn:aws:autoscaling:eu-central-1:000000000000:${PolicyName ? 'scalingPolicy' : 'scheduledAction'}:local:resource/ecs/${ResourceId}:name/${PolicyName ?? ScheduledActionName}`;
}

function refuseUnless(holds: boolean, message: string): void {
  if (!holds) throw new ScalingRefusal('ValidationException', message);
}
