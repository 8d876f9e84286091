/** What a service's number of tasks follows, as Application Auto Scaling takes it. Pure. */

import type { TargetTrackingMetricDataQuery, TargetTrackingScalingPolicyConfiguration } from '@aws-sdk/client-application-auto-scaling';
import type { PhysicalNames } from '@mip/registry/names';
import { type Algorithm, lineOf } from '../algorithm.ts';

/** Jobs for each task, where the catalog says nothing else. */
const BACKLOG_PER_TASK = 5;
/** Longer than a wake keeps the next one from looking: a line that was woken is not put to sleep before somebody could wake it again. */
const COOLDOWN = { ScaleOutCooldown: 60, ScaleInCooldown: 300, DisableScaleIn: false };

export function trackingOf(
  algorithm: Pick<Algorithm, 'name' | 'version' | 'line' | 'scaling'>,
  names: PhysicalNames,
): TargetTrackingScalingPolicyConfiguration {
  const { cpu_target, memory_target, backlog_per_task = BACKLOG_PER_TASK } = algorithm.scaling;
  if (cpu_target !== undefined)
    return {
      TargetValue: cpu_target,
      PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
      ...COOLDOWN,
    };
  if (memory_target !== undefined)
    return {
      TargetValue: memory_target,
      PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageMemoryUtilization' },
      ...COOLDOWN,
    };
  return {
    TargetValue: backlog_per_task,
    CustomizedMetricSpecification: { Metrics: backlogPerTask(lineOf(algorithm), names) },
    ...COOLDOWN,
  };
}

/**
 * Jobs that wait and jobs that are worked on, for each task that runs. What is worked on counts, so that nothing is taken away under it: with
 * one task and one job, the number that AAS computes is one. Where nothing runs, Container Insights may say nothing: then as for one task.
 */
function backlogPerTask(line: string, names: PhysicalNames): TargetTrackingMetricDataQuery[] {
  const queue = [{ Name: 'QueueName', Value: names.requestQueue(line) }];
  const service = [
    { Name: 'ClusterName', Value: names.cluster },
    { Name: 'ServiceName', Value: names.service(line) },
  ];
  return [
    {
      Id: 'backlog',
      Expression: '(waiting + working) / IF(FILL(running, 0) > 1, running, 1)',
      Label: 'Backlog per task',
      ReturnData: true,
    },
    measured('waiting', { Namespace: 'AWS/SQS', MetricName: 'ApproximateNumberOfMessagesVisible', Dimensions: queue }),
    measured('working', { Namespace: 'AWS/SQS', MetricName: 'ApproximateNumberOfMessagesNotVisible', Dimensions: queue }),
    measured('running', { Namespace: 'ECS/ContainerInsights', MetricName: 'RunningTaskCount', Dimensions: service }),
  ];
}

type Metric = NonNullable<NonNullable<TargetTrackingMetricDataQuery['MetricStat']>['Metric']>;

function measured(Id: string, Metric: Metric): TargetTrackingMetricDataQuery {
  return { Id, MetricStat: { Metric, Stat: 'Average' }, ReturnData: false };
}
