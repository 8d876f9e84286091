import { describe, expect, it } from 'vitest';
import { type Needing, quotaDangers, quotaUse } from './quota.ts';

const QUOTAS = { ecs_services: 3, iam_roles: 2, ecr_repositories: 2, fargate_vcpus: 6 };
const three: readonly Needing[] = [
  { cpu: 2048, gpu: 0, tasks: { min: 1, max: 2 }, built: true, services: 1 },
  { cpu: 1024, gpu: 0, tasks: { min: 0, max: 4 }, built: false, services: 1 },
  { cpu: 1024, gpu: 0, tasks: { min: 0, max: 0 }, built: true, services: 1 },
];

describe('what a catalog needs', () => {
  it('is counted by quota: services of all, repositories of what is built, vCPUs of what runs', () => {
    expect(quotaUse(three, QUOTAS, true)).toEqual([
      { quota: 'ecs_services', needed: 3, atMost: null, allowed: 3 },
      { quota: 'iam_roles', needed: 3, atMost: null, allowed: 2 },
      { quota: 'ecr_repositories', needed: 2, atMost: null, allowed: 2 },
      { quota: 'fargate_vcpus', needed: 2, atMost: 8, allowed: 6 },
    ]);
  });

  it('counts what runs on instances with GPUs to none of Fargate', () => {
    const onGpu = three.map((one) => ({ ...one, gpu: 1 }));
    expect(quotaUse(onGpu, QUOTAS, true).at(-1)).toEqual({ quota: 'fargate_vcpus', needed: 0, atMost: 0, allowed: 6 });
  });

  it('needs no role each where classes share them', () => {
    expect(quotaUse(three, QUOTAS, false).find(({ quota }) => quota === 'iam_roles')?.needed).toBe(0);
  });

  it('beyond a quota is refused, and says which, how many, and what to do', () => {
    expect(quotaDangers(quotaUse(three, QUOTAS, true))).toEqual([
      'The catalog needs 3 IAM roles, the platform has 2. Ask AWS for more, then raise quotas.iam_roles in the platform file.',
    ]);
    expect(quotaDangers(quotaUse(three, { ...QUOTAS, iam_roles: 3 }, true))).toEqual([]);
  });
});
