/** What a catalog needs of an account's quotas, counted before anything is made. Pure. */

import type { Algorithm } from './algorithm.ts';

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

/** @param ownRoles whether each algorithm has a task role of its own. */
export function quotaUse(algorithms: readonly Algorithm[], quotas: Quotas, ownRoles: boolean): readonly QuotaUse[] {
  const active = algorithms.filter(({ status }) => status !== 'inactive');
  const vcpus = (tasks: (one: Algorithm) => number) => active.reduce((sum, one) => sum + (one.cpu / 1024) * tasks(one), 0);
  const use = (quota: keyof Quotas, needed: number, atMost: number | null = null) => ({ quota, needed, atMost, allowed: quotas[quota] });
  return [
    use('ecs_services', algorithms.length),
    use('iam_roles', ownRoles ? algorithms.length : 0),
    use('ecr_repositories', algorithms.filter(({ source }) => source !== undefined).length),
    use(
      'fargate_vcpus',
      vcpus(({ scaling }) => scaling.min),
      vcpus(({ scaling }) => scaling.max),
    ),
  ];
}

const NAMES: Readonly<Record<keyof Quotas, string>> = {
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
        `The catalog needs ${needed} ${NAMES[quota]}, the platform has ${allowed}. Ask AWS for more, then raise quotas.${quota} in the platform file.`,
    );
}
