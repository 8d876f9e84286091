import { InvalidParameterException, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { algorithm, clockOf, input, platform, rerun, run } from '../testing/fixtures.ts';
import { describeKind } from '../testing/kind-contract.ts';
import { MemoryAws } from '../testing/memory-aws.ts';
import type { Wanted } from './kind.ts';
import { type ServiceSpec, service } from './service.ts';

const HASH = expect.stringMatching(/^sha256:/);

describeKind(service, [
  { what: 'how many tasks may run is none of its business', to: { scaling: { min: 3, max: 8 } }, fields: [] },
  { what: 'nor is it whether any may', to: { status: 'inactive' }, fields: [] },
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
  expect(report.outcomes.map(({ result }) => result)).toEqual(['done', 'done', 'done', 'done', 'done', 'waiting', 'skipped', 'skipped']);
  expect(report.ok).toBe(true);
});

it('does not run a task definition that was not planned', async () => {
  const aws = new MemoryAws();
  const { platform } = input([]);
  await run(aws, input([algorithm('seg')]));
  const [wanted] = service.desire(algorithm('seg'), platform, []); // refers to no hash at all
  const change = { kind: 'service', name: 'mip-seg', algorithm: 'seg', action: 'update' as const, wanted: wanted as Wanted<ServiceSpec> };
  await expect(
    service.apply(aws, change, {
      ...platform,
      commit: 'x',
      planDigest: 'x',
      now: () => new Date(0),
      clock: clockOf(aws),
      adopt: new Set(),
    }),
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

it.each([
  ['none, for a line that sleeps until its first job', { scaling: { min: 0, max: 8 } }, 0],
  ['as many as the catalog wants at least', { scaling: { min: 2, max: 8 } }, 2],
  ['none that is inactive', { status: 'inactive' as const, scaling: { min: 2, max: 8 } }, 0],
])('begins with %s', async (_, over, count) => {
  const aws = new MemoryAws();
  await run(aws, input([algorithm('seg', over)]));
  const created = aws.world.trace.find(({ operation }) => operation === 'CreateService');
  expect(created?.input).toMatchObject({ desiredCount: count });
});

it('is never told a number of tasks again', async () => {
  const aws = new MemoryAws();
  await run(aws, input([algorithm('seg', { scaling: { min: 2, max: 8 } })]));
  await aws.ecs.send(new UpdateServiceCommand({ service: 'mip-seg', desiredCount: 6 })); // Application Auto Scaling
  await run(aws, input([algorithm('seg', { cpu: 2048, memory: 4096, scaling: { min: 2, max: 8 } })]));
  expect(aws.memory.ecs.services.get('mip-seg')?.settings.desiredCount).toBe(6);
});

describe('a line that drains', () => {
  const gone = input([algorithm('stay')]);
  const drained = async (messages: number, tasks: number) => {
    const aws = new MemoryAws();
    await run(aws, input([algorithm('seg'), algorithm('stay')]));
    Object.assign(aws.memory.sqs.queues.get('mip-seg-requests.fifo') ?? {}, { messages });
    if (tasks > 0) await aws.ecs.send(new UpdateServiceCommand({ service: 'mip-seg', desiredCount: tasks }));
    await run(aws, gone);
    aws.world.now += 60_000;
    await run(aws, gone);
    return aws;
  };

  it('gets a task where none is left to work off its jobs, and nothing scales it any more', async () => {
    const { memory } = await drained(3, 0);
    expect(memory.ecs.services.get('mip-seg')).toMatchObject({ status: 'ACTIVE', settings: { desiredCount: 1 } });
    expect([...memory.scaling.targets.keys()]).toEqual(['service/mip-cluster/mip-stay']);
  });

  it('keeps the tasks that it has', async () => {
    const { memory } = await drained(3, 4);
    expect(memory.ecs.services.get('mip-seg')).toMatchObject({ status: 'ACTIVE', settings: { desiredCount: 4 } });
  });

  it('is deleted without a task where nothing is left', async () => {
    const aws = await drained(0, 0);
    expect(aws.memory.ecs.services.get('mip-seg')?.status).toBe('INACTIVE');
    expect(aws.world.writes).not.toContain('ecs:UpdateService');
  });
});
