import { InvalidParameterException } from '@aws-sdk/client-ecs';
import { expect, it } from 'vitest';
import { algorithm, input, platform, rerun, run } from '../testing/fixtures.ts';
import { describeKind } from '../testing/kind-contract.ts';
import { MemoryAws } from '../testing/memory-aws.ts';
import type { Wanted } from './kind.ts';
import { type ServiceSpec, service } from './service.ts';

const HASH = expect.stringMatching(/^sha256:/);

describeKind(service, [
  {
    what: 'more tasks at least',
    to: { scaling: { min: 3, max: 8 } },
    blames: '/scaling/min',
    fields: [{ path: '/desiredCount', from: 1, to: 3 }],
  },
  {
    what: 'scale to zero still starts one',
    from: { scaling: { min: 2, max: 8 } },
    to: { scaling: { min: 0, max: 8 } },
    blames: '/scaling/min',
    fields: [{ path: '/desiredCount', from: 2, to: 1 }],
  },
  { what: 'inactive runs none', to: { status: 'inactive' }, blames: '/scaling/min', fields: [{ path: '/desiredCount', from: 1, to: 0 }] },
  {
    what: 'another task definition',
    to: { cpu: 2048, memory: 4096 },
    fields: [{ path: '/taskDefinition/specHash', from: HASH, to: HASH }],
  },
  { what: 'another queue is none of its business', to: { queue: { max_receives: 5 } }, fields: [] },
]);

it('moves to the revision that was registered, in the subnets of the platform', async () => {
  const aws = new MemoryAws();
  await run(aws, input([algorithm('seg')]));
  await run(aws, input([algorithm('seg', { cpu: 2048, memory: 4096 })]));
  expect(aws.memory.ecs.services.get('mip-seg')?.settings).toMatchObject({
    taskDefinition: 'arn:aws:ecs:eu-central-1:000000000000:task-definition/mip-seg:2',
    launchType: 'FARGATE',
    networkConfiguration: {
      awsvpcConfiguration: { subnets: ['subnet-a', 'subnet-b'], securityGroups: ['sg-1'], assignPublicIp: 'ENABLED' },
    },
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
  });
});

it('waits while ECS still stops the tasks of its predecessor', async () => {
  const aws = new MemoryAws();
  const message = 'Unable to Start a service that is still Draining.';
  aws.world.fail = ({ operation }) =>
    operation === 'CreateService' ? new InvalidParameterException({ message, $metadata: {} }) : undefined;
  const report = await rerun(aws, input([algorithm('seg')]));
  expect(report.outcomes.map(({ result }) => result)).toEqual(['done', 'done', 'done', 'done', 'done', 'waiting', 'skipped']);
  expect(report.ok).toBe(true);
});

it('does not run a task definition that was not planned', async () => {
  const aws = new MemoryAws();
  const { platform } = input([]);
  await run(aws, input([algorithm('seg')]));
  const [wanted] = service.desire(algorithm('seg'), platform, []); // refers to no hash at all
  const change = { kind: 'service', name: 'mip-seg', algorithm: 'seg', action: 'update' as const, wanted: wanted as Wanted<ServiceSpec> };
  await expect(
    service.apply(aws, change, { ...platform, commit: 'x', planDigest: 'x', now: () => new Date(0), adopt: new Set() }),
  ).rejects.toThrow('task-definition/mip-seg:1 is not the task definition that was planned');
});

it('is described ten at a time', async () => {
  const aws = new MemoryAws();
  const many = Array.from({ length: 23 }, (_, index) => algorithm(`seg-${index}`));
  await run(aws, input(many));
  aws.world.restart();
  const subjects = new Map(many.map(({ name }) => [`mip-${name}`, undefined]));
  expect((await service.inspect(aws, input(many).platform, subjects)).size).toBe(23);
  expect(aws.calls.counts.find(({ operation }) => operation === 'DescribeServices')?.count).toBe(3);
});

it('leaves the revision it runs and the one before, and nothing older can be started', async () => {
  const aws = new MemoryAws();
  for (const version of ['1.0.0', '1.1.0', '1.2.0', '1.3.0'])
    await run(aws, input([algorithm('seg', { version })], { platform: platform('mutable') }));
  expect(aws.memory.ecs.revisions.map(({ revision, status }) => `${revision} ${status}`)).toEqual([
    '1 INACTIVE',
    '2 INACTIVE',
    '3 ACTIVE',
    '4 ACTIVE',
  ]);
});
