/** On what a task runs: Fargate, or one of the platform's instances with GPUs. For a service and for a task alone. Pure. */

import type { CapacityProviderStrategyItem, ContainerDefinition, PlacementStrategy } from '@aws-sdk/client-ecs';
import type { Algorithm } from './algorithm.ts';
import type { Owner } from './platform.ts';

/** As `CreateService`, `UpdateService` and `RunTask` take it: one or the other, AWS refuses both. */
export type Launch = { readonly launchType: 'FARGATE' } | InstanceLaunch;

export interface InstanceLaunch {
  readonly capacityProviderStrategy: CapacityProviderStrategyItem[];
  readonly placementStrategy: PlacementStrategy[];
}

/** ECS counts GPUs by itself; among the instances that have enough left, the fullest: an empty one is given back. */
const FULLEST: PlacementStrategy = { type: 'binpack', field: 'memory' };

/** `launchOf(algorithm, platform)`; a task with GPUs has no public address (`assignPublicIp`), whatever the platform's others have. */
export function launchOf({ gpu }: Pick<Algorithm, 'gpu'>, { names }: Pick<Owner, 'names'>): Launch {
  if (gpu === 0) return { launchType: 'FARGATE' };
  return {
    capacityProviderStrategy: [{ capacityProvider: names.gpuCapacity, weight: 1, base: 0 }],
    placementStrategy: [{ ...FULLEST }],
  };
}

/** How many a container of a revision reserves. */
export function gpusOf({ resourceRequirements }: ContainerDefinition): number {
  return Number(resourceRequirements?.find(({ type }) => type === 'GPU')?.value ?? 0);
}

/** Whether a launch is on instances. */
export function onInstances(launch: Launch): launch is InstanceLaunch {
  return 'capacityProviderStrategy' in launch;
}
