/** What Application Auto Scaling refuses by looking at nothing but the call. Pure. */

import { LIMITS } from '@mip/registry/limits';
import type { Check, Input } from './rejection-rules.ts';

/** https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html: namespace, dimension and resource belong together. */
export const ecsTarget: Check = ({ ServiceNamespace, ScalableDimension, ResourceId, ResourceIds }) => {
  if (ServiceNamespace !== 'ecs') return `Unsupported service namespace: ${ServiceNamespace}`;
  if (ScalableDimension !== undefined && ScalableDimension !== 'ecs:service:DesiredCount')
    return `Unsupported scalable dimension: ${ScalableDimension}`;
  const wrong = [ResourceId ?? [], ResourceIds ?? []].flat(2).find((id) => !/^service\/[\w-]+\/[\w-]+$/.test(String(id)));
  return wrong === undefined ? undefined : `Unsupported resource ID: ${wrong}`;
};

/** No number of tasks is below 0, and the least is not more than the most. @param field that they stand in; none = the call itself. */
export function bounds(field?: string): Check {
  return (input) => {
    const { MinCapacity: min, MaxCapacity: max } = (field ? (input[field] ?? {}) : input) as { MinCapacity?: number; MaxCapacity?: number };
    const wrong = [min, max].find((bound) => bound !== undefined && !(Number.isInteger(bound) && bound >= 0));
    if (wrong !== undefined) return `Capacity ${wrong} is not a whole number of at least 0.`;
    if (field && min === undefined && max === undefined) return 'At least one of MinCapacity and MaxCapacity is required.';
    return min !== undefined && max !== undefined && min > max ? 'Maximum capacity cannot be less than minimum capacity.' : undefined;
  };
}

/** https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html */
export const onceOnly: Check = ({ Schedule }) => {
  if (Schedule === undefined || /^(cron|rate)\(.+\)$/.test(String(Schedule))) return undefined;
  const [, time] = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(String(Schedule)) ?? [];
  return time !== undefined && !Number.isNaN(Date.parse(`${time}Z`)) ? undefined : `Invalid schedule expression: ${Schedule}`;
};

interface Tracking {
  readonly TargetValue?: number;
  readonly PredefinedMetricSpecification?: unknown;
  readonly CustomizedMetricSpecification?: { readonly Metrics?: readonly { readonly Id?: string; readonly ReturnData?: boolean }[] };
}

function trackingOf(input: Input): Tracking | undefined {
  return input.TargetTrackingScalingPolicyConfiguration as Tracking | undefined;
}

/** https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingScalingPolicyConfiguration.html */
export const targetValue: Check = (input) => {
  const { PolicyType } = input;
  const tracking = trackingOf(input);
  if (PolicyType !== 'TargetTrackingScaling') return undefined;
  if (!tracking) return 'TargetTrackingScalingPolicyConfiguration is required for policy type TargetTrackingScaling.';
  if (!tracking.PredefinedMetricSpecification === !tracking.CustomizedMetricSpecification)
    return 'Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification is required.';
  const { TargetValue = 0 } = tracking;
  return TargetValue > 0 ? undefined : `Target value ${TargetValue} must be above 0.`;
};

/** One of the metrics is the answer, the others go into it. */
export const metrics: Check = (input) => {
  const all = trackingOf(input)?.CustomizedMetricSpecification?.Metrics;
  if (!all) return undefined;
  if (all.length > LIMITS.scaling.metrics) return `Metrics cannot be more than ${LIMITS.scaling.metrics}.`;
  const wrong = all.find(({ Id = '' }) => Id.length > LIMITS.scaling.metricId.max || !LIMITS.scaling.metricId.pattern.test(Id));
  if (wrong) return `Metric id ${wrong.Id} must begin with a small letter and hold letters, digits and underscores.`;
  return all.filter(({ ReturnData = true }) => ReturnData).length === 1 ? undefined : 'Exactly one of the metrics must return data.';
};
