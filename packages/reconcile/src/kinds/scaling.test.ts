import {
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { beforeEach, describe, expect, it } from 'vitest';
import { named } from '../aws/scaling.ts';
import { apply, plan } from '../reconcile.ts';
import { algorithm, input, run, runOptions } from '../testing/fixtures.ts';
import { describeKind } from '../testing/kind-contract.ts';
import { MemoryAws } from '../testing/memory-aws.ts';
import { stateOf } from '../testing/state.ts';
import { scaling } from './scaling.ts';

const POLICY = '/policies/mip-seg';
const GROUP = { scaling: { min: 1, max: 8, cpu_target: 60 } };

describeKind(scaling, [
  { what: 'more tasks at least', to: { scaling: { min: 3, max: 8 } }, blames: '/scaling/min', fields: [{ path: '/min', from: 0, to: 3 }] },
  { what: 'more tasks at most', to: { scaling: { min: 0, max: 9 } }, blames: '/scaling/max', fields: [{ path: '/max', from: 8, to: 9 }] },
  {
    what: 'inactive runs none',
    from: { scaling: { min: 1, max: 8 } },
    to: { status: 'inactive' },
    blames: '/scaling/max',
    fields: [
      { path: '/max', from: 8, to: 0 },
      { path: '/min', from: 1, to: 0 },
    ],
  },
  {
    what: 'fewer jobs a task',
    to: { scaling: { min: 0, max: 8, backlog_per_task: 2.5 } },
    blames: '/scaling',
    fields: [{ path: `${POLICY}/TargetValue`, from: 5, to: 2.5 }],
  },
  {
    what: 'memory instead of CPU',
    from: GROUP,
    to: { scaling: { min: 1, max: 8, memory_target: 60 } },
    blames: '/scaling',
    fields: [
      {
        path: `${POLICY}/PredefinedMetricSpecification/PredefinedMetricType`,
        from: 'ECSServiceAverageCPUUtilization',
        to: 'ECSServiceAverageMemoryUtilization',
      },
    ],
  },
  { what: 'another size is none of its business', to: { cpu: 2048, memory: 4096 }, fields: [] },
]);

let aws: MemoryAws;
const wanted = input([algorithm('seg')]);
const SEG = named('service/mip-cluster/mip-seg');
beforeEach(async () => {
  aws = new MemoryAws();
  await run(aws, wanted);
  aws.world.restart();
});
const target = () => aws.memory.scaling.targets.get(SEG.ResourceId);

it('follows what waits and what is worked on, for each task that runs', () => {
  const tracking = target()?.policies.get('mip-seg')?.TargetTrackingScalingPolicyConfiguration;
  expect(tracking).toMatchObject({ TargetValue: 5, ScaleOutCooldown: 60, ScaleInCooldown: 300, DisableScaleIn: false });
  const metrics = tracking?.CustomizedMetricSpecification?.Metrics ?? [];
  expect(metrics.filter(({ ReturnData }) => ReturnData)).toMatchObject([
    { Expression: '(waiting + working) / IF(FILL(running, 0) > 1, running, 1)' },
  ]);
  const stats = metrics.flatMap(({ Id, MetricStat }) => {
    const { Namespace, MetricName, Dimensions = [] } = MetricStat?.Metric ?? {};
    return MetricStat ? [`${Id}: ${Namespace} ${MetricName} ${Dimensions.map(({ Value }) => Value).join(' ')}`] : [];
  });
  expect(stats).toEqual([
    'waiting: AWS/SQS ApproximateNumberOfMessagesVisible mip-seg-requests.fifo',
    'working: AWS/SQS ApproximateNumberOfMessagesNotVisible mip-seg-requests.fifo',
    'running: ECS/ContainerInsights RunningTaskCount mip-cluster mip-seg',
  ]);
});

it('is tagged as the catalog’s, so that the right to change it can be bound to that', () => {
  expect(target()?.tags).toEqual({ 'mip:managed-by': 'mip' });
});

it('of a later major is another beside the first', async () => {
  await run(aws, input([algorithm('seg', { version: '2.0.0' })], { allow: ['deletes'] }));
  expect(aws.memory.scaling.targets.has('service/mip-cluster/mip-seg_v2')).toBe(true);
});

describe('what somebody did by hand', () => {
  const deeds = {
    'a policy that was added': () => aws.scaling.send(new PutScalingPolicyCommand({ ...SEG, PolicyName: 'x', PolicyType: 'StepScaling' })),
    'an action that was added': () =>
      aws.scaling.send(
        new PutScheduledActionCommand({
          ...SEG,
          ScheduledActionName: 'x',
          Schedule: 'rate(1 day)',
          ScalableTargetAction: { MinCapacity: 1 },
        }),
      ),
    'bounds that were moved': () => aws.scaling.send(new RegisterScalableTargetCommand({ ...SEG, MaxCapacity: 3 })),
    'a target that was forgotten': async () => aws.memory.scaling.targets.clear(),
  };
  const drift = {
    'a policy that was added': ['update /policies/x'],
    'an action that was added': ['update /actions/x'],
    'bounds that were moved': ['update /max'],
    'a target that was forgotten': ['create '],
  };

  it.each(Object.keys(deeds) as (keyof typeof deeds)[])('%s is seen and healed', async (deed) => {
    const before = stateOf(aws);
    await deeds[deed]();
    const prepared = await plan(aws, wanted, 'deep');
    expect(prepared.plan.changes.flatMap(({ action, fields }) => fields.map(({ path }) => `${action} ${path}`))).toEqual(drift[deed]);
    await apply(aws, prepared, runOptions(aws));
    expect(stateOf(aws)).toEqual(before);
  });

  it('dynamic scaling that was stopped is seen and started again', async () => {
    await aws.scaling.send(new RegisterScalableTargetCommand({ ...SEG, SuspendedState: { DynamicScalingOutSuspended: true } }));
    expect((await plan(aws, wanted, 'deep')).plan.changes.flatMap(({ fields }) => fields)).toEqual([
      { path: '/suspended', from: true, to: false },
    ]);
    await apply(aws, await plan(aws, wanted, 'deep'), runOptions(aws));
    expect(target()?.SuspendedState).toMatchObject({ DynamicScalingOutSuspended: false });
  });
});

it('of a thousand is looked at in pages, not one by one', async () => {
  const many = Array.from({ length: 120 }, (_, index) => algorithm(`seg-${index}`));
  const fleet = input(many);
  await run(aws, { ...fleet, allow: ['deletes'] });
  aws.world.restart();
  const subjects = new Map(many.map(({ name }) => [`mip-${name}`, undefined]));
  expect((await scaling.inspect(aws, fleet.platform, subjects)).size).toBe(120);
  const counts = Object.fromEntries(aws.calls.counts.map(({ operation, count }) => [operation, count]));
  expect(counts).toEqual({ DescribeServices: 12, DescribeScalableTargets: 3, DescribeScalingPolicies: 12, DescribeScheduledActions: 1 });
});
