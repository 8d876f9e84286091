/** What a catalog needs of an account's quotas, counted before anything is made. Pure. */

import type { Range } from './cost.ts';

/** As the platform file has them: what AWS allows this account. */
export interface Quotas {
  readonly ecs_services: number;
  readonly iam_roles: number;
  readonly ecr_repositories: number;
  /** Fargate vCPUs on demand, of all tasks that run at the same time. */
  readonly fargate_vcpus: number;
}

/** One quota. `atMost` is what would be needed if everything ran its most tasks at once; null where that makes no difference. */
export interface QuotaUse {
  readonly quota: keyof Quotas;
  readonly needed: number;
  readonly atMost: number | null;
  readonly allowed: number;
}

/**
 * What of an algorithm is counted: `cpu` in Fargate's units, times the tasks of all its versions; `built` = it has an image of its own in ECR;
 * `services` = one for each version.
 */
export interface Needing {
  readonly cpu: number;
  /** Of a task; more than none do not run on Fargate. */
  readonly gpu: number;
  readonly tasks: Range;
  readonly built: boolean;
  readonly services: number;
}

/** @param ownRoles whether each algorithm has a task role of its own. */
export function quotaUse(algorithms: readonly Needing[], quotas: Quotas, ownRoles: boolean): readonly QuotaUse[] {
  // In whole numbers until the end: a sum of those does not depend on the order of the algorithms.
  const vcpus = (bound: keyof Range) =>
    algorithms.reduce((sum, { cpu, gpu, tasks }) => sum + (gpu > 0 ? 0 : cpu * tasks[bound]), 0) / CPU_UNITS;
  const use = (quota: keyof Quotas, needed: number, atMost: number | null = null) => ({ quota, needed, atMost, allowed: quotas[quota] });
  return [
    use(
      'ecs_services',
      algorithms.reduce((sum, { services }) => sum + services, 0),
    ),
    use('iam_roles', ownRoles ? algorithms.length : 0),
    use('ecr_repositories', algorithms.filter(({ built }) => built).length),
    use('fargate_vcpus', vcpus('min'), vcpus('max')),
  ];
}

/** Of one vCPU. */
const CPU_UNITS = 1024;

/** As people say it. */
export const QUOTA_NAMES: Readonly<Record<keyof Quotas, string>> = {
  ecs_services: 'ECS services in one cluster',
  iam_roles: 'IAM roles',
  ecr_repositories: 'ECR repositories',
  fargate_vcpus: 'Fargate vCPUs on demand',
};

/** Why the plan must not begin, as sentences; [] = all of it fits. */
export function quotaDangers(uses: readonly QuotaUse[]): readonly string[] {
  return uses
    .filter(({ needed, allowed }) => needed > allowed)
    .map(
      ({ quota, needed, allowed }) =>
        `The catalog needs ${needed} ${QUOTA_NAMES[quota]}, the platform has ${allowed}. Ask AWS for more, then raise quotas.${quota} in the platform file.`,
    );
}
