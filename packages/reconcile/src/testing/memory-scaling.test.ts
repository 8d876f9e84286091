import {
  DeleteScalingPolicyCommand,
  DeleteScheduledActionCommand,
  DeregisterScalableTargetCommand,
  DescribeScheduledActionsCommand,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { beforeEach, describe, expect, it } from 'vitest';
import { algorithm, input, NOW, run } from './fixtures.ts';
import { MemoryAws } from './memory-aws.ts';

const ECS = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' } as const;
const SEG = { ...ECS, ResourceId: 'service/mip-cluster/mip-seg' };
const NOBODY = { ...ECS, ResourceId: 'service/mip-cluster/mip-nobody' };
const POLICY = { PolicyName: 'p', PolicyType: 'StepScaling' } as const;
const ACTION = { ScheduledActionName: 'a', ScalableTargetAction: { MinCapacity: 2 } };

let aws: MemoryAws;
beforeEach(async () => {
  aws = new MemoryAws();
  await run(aws, input([algorithm('seg')]));
  aws.world.restart();
});
const register = (over: object) => aws.scaling.send(new RegisterScalableTargetCommand({ ...SEG, ...over }));
const tasks = () => aws.memory.ecs.services.get('mip-seg')?.settings.desiredCount;

describe('Application Auto Scaling refuses', () => {
  it.each([
    [
      'to scale a service that is not there',
      () => aws.scaling.send(new RegisterScalableTargetCommand({ ...NOBODY, MinCapacity: 0, MaxCapacity: 1 })),
      "doesn't exist",
    ],
    ['a least above the most that is set', () => register({ MinCapacity: 9 }), 'cannot be less'],
    ['a most below the least that is set', () => register({ MinCapacity: 4 }).then(() => register({ MaxCapacity: 3 })), 'cannot be less'],
    ['tags for what is there', () => register({ Tags: { a: 'b' } }), 'only when'],
    [
      'a policy of what is not registered',
      () => aws.scaling.send(new PutScalingPolicyCommand({ ...NOBODY, ...POLICY })),
      'No scalable target',
    ],
    [
      'a time that is past',
      () => aws.scaling.send(new PutScheduledActionCommand({ ...SEG, ...ACTION, Schedule: 'at(2025-12-31T23:59:59)' })),
      'in the future',
    ],
    [
      'to delete a policy that is not there',
      () => aws.scaling.send(new DeleteScalingPolicyCommand({ ...SEG, PolicyName: 'x' })),
      'No scaling policy',
    ],
    [
      'to delete an action that is not there',
      () => aws.scaling.send(new DeleteScheduledActionCommand({ ...SEG, ScheduledActionName: 'x' })),
      'No scheduled action',
    ],
    ['to deregister what is not registered', () => aws.scaling.send(new DeregisterScalableTargetCommand(NOBODY)), 'No scalable target'],
  ])('%s', async (_, call, message) => {
    await expect(call()).rejects.toThrow(message);
  });
});

it('brings the number of tasks between the bounds, when they are set and when an action sets them', async () => {
  await register({ MinCapacity: 3 });
  expect(tasks()).toBe(3);
  await aws.scaling.send(
    new PutScheduledActionCommand({
      ...SEG,
      ...ACTION,
      Schedule: 'at(2026-01-01T01:00:00)',
      ScalableTargetAction: { MinCapacity: 0, MaxCapacity: 1 },
    }),
  );
  aws.memory.scaling.tick();
  expect(tasks()).toBe(3);
  aws.world.now = NOW + 3_600_000;
  expect((await aws.scaling.send(new DescribeScheduledActionsCommand(SEG))).ScheduledActions).toEqual([]);
  expect(tasks()).toBe(1);
});
