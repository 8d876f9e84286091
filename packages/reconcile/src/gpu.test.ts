/** An algorithm that needs GPUs, from its entry to the service: on instances, and seen field by field when somebody changes that. */
import { RegisterTaskDefinitionCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { beforeEach, describe, expect, it } from 'vitest';
import { launchOf } from './launch.ts';
import { plan } from './reconcile.ts';
import { markdownPlan } from './report/markdown.ts';
import { renderPlan } from './report/terminal.ts';
import { algorithm, input, run } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';

/** No size that Fargate sells. */
const net = algorithm('net', { cpu: 3000, memory: 10_000, gpu: 2 });
const plain = algorithm('net');
const STRATEGY = [{ capacityProvider: 'gpu-mip', weight: 1, base: 0 }];
const PLACEMENT = [{ type: 'binpack', field: 'memory' }];
const LAUNCH = { capacityProviderStrategy: STRATEGY, placementStrategy: PLACEMENT };

let aws: MemoryAws;
beforeEach(() => {
  aws = new MemoryAws();
  aws.memory.ecs.capacityProviders.add('gpu-mip');
});

/** `kind path from → to`, of every field that differs. */
async function differences(of = net): Promise<readonly string[]> {
  const { changes } = (await plan(aws, input([of]), 'deep')).plan;
  return changes.flatMap(({ kind, fields, cause }) =>
    fields.map(({ path, from, to }) => `${kind} ${path} ${JSON.stringify(from)} → ${JSON.stringify(to)}, ${cause?.pointer}`),
  );
}

const service = () => aws.memory.ecs.services.get('mip-net')?.settings;
const newest = () => aws.memory.ecs.revisions.at(-1)?.registered;

describe('with GPUs', () => {
  it('a task is defined for instances, with as many as it needs', async () => {
    expect((await run(aws, input([net]))).ok).toBe(true);
    expect(newest()).toMatchObject({
      cpu: '3000',
      memory: '10000',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['EC2'],
      containerDefinitions: [{ resourceRequirements: [{ type: 'GPU', value: '2' }], readonlyRootFilesystem: true }],
    });
    expect(aws.memory.registry.items.get('net')).toMatchObject({ status: 'active', gpu: 2 });
  });

  it('a service takes its tasks to the capacity of the platform, without a public address', async () => {
    await run(aws, input([net]));
    expect(service()).toMatchObject(LAUNCH);
    expect(service()).toMatchObject({ networkConfiguration: { awsvpcConfiguration: { assignPublicIp: 'DISABLED' } } });
    await run(aws, input([net]));
    expect([aws.world.writes, await differences()]).toEqual([[], []]);
  });

  it('nothing is published where the platform has no such capacity', async () => {
    aws.memory.ecs.capacityProviders.delete('gpu-mip');
    const report = await run(aws, input([net]));
    expect(report.outcomes.find(({ kind }) => kind === 'service')).toMatchObject({
      result: 'failed',
      reason: expect.stringContaining("The specified capacity provider 'gpu-mip' was not found."),
    });
    expect(aws.memory.registry.items.has('net')).toBe(false);
  });

  it('the bill is not known, and none of it counts for Fargate', async () => {
    const made = (await plan(aws, input([net]))).plan;
    expect(made.cost).toMatchObject({ changes: [], to: { min: 0, max: 0 }, unknown: ['net'] });
    const told = [renderPlan(await plan(aws, input([net])), { colour: false }), markdownPlan(await plan(aws, input([net])))];
    expect(told[0]).toContain('net: runs on GPUs, whose price is not known');
    expect(told[1]).toMatch(/<code>net<\/code> \| runs on GPUs: \| not known/);
    for (const text of told) expect(text).toContain('on GPUs at a price that is not known');
    expect(made.quotas.find(({ quota }) => quota === 'fargate_vcpus')).toMatchObject({ needed: 0, atMost: 0 });
  });
});

describe('a GPU that comes and goes', () => {
  it('moves the service where it is, blames the line, and moves it back', async () => {
    await run(aws, input([plain]));
    const there = { ...plain, gpu: 1 };
    const moved = await differences(there);
    expect(moved).toContain('task-definition /compatibility null → "EC2", /gpu');
    expect(moved).toContain('task-definition /gpu null → 1, /gpu');
    expect(moved).toContain(`service /launch null → ${JSON.stringify(LAUNCH)}, /gpu`);
    expect(moved).toContain('service /assignPublicIp "ENABLED" → "DISABLED", /gpu');
    await run(aws, input([there]));
    expect(service()).toMatchObject(LAUNCH);
    expect(service()).not.toHaveProperty('launchType');
    await run(aws, input([plain]));
    expect(service()).toMatchObject({ launchType: 'FARGATE', capacityProviderStrategy: [], placementStrategy: [] });
    expect(aws.memory.registry.items.get('net')).not.toHaveProperty('gpu');
    await run(aws, input([plain]));
    expect([aws.world.writes, await differences(plain)]).toEqual([[], []]);
  });
});

describe('what somebody changed by hand', () => {
  beforeEach(async () => {
    await run(aws, input([net]));
  });

  it.each([
    [
      'another capacity',
      { capacityProviderStrategy: [{ capacityProvider: 'other', weight: 1, base: 0 }] },
      `service /launch/capacityProviderStrategy [{"capacityProvider":"other","weight":1,"base":0}] → ${JSON.stringify(STRATEGY)}, /gpu`,
    ],
    [
      'another placement',
      { placementStrategy: [{ type: 'random' as const }] },
      `service /launch/placementStrategy [{"type":"random"}] → ${JSON.stringify(PLACEMENT)}, /gpu`,
    ],
  ])('to %s is seen, and put back', async (_, over, difference) => {
    aws.memory.ecs.capacityProviders.add('other');
    await aws.ecs.send(new UpdateServiceCommand({ cluster: 'mip-cluster', service: 'mip-net', ...over }));
    expect(await differences()).toEqual([difference]);
  });

  it('the same in other letters, as ECS may answer, is no difference', async () => {
    const placementStrategy = [{ type: 'binpack' as const, field: 'MEMORY' }];
    await aws.ecs.send(new UpdateServiceCommand({ cluster: 'mip-cluster', service: 'mip-net', placementStrategy }));
    expect(await differences()).toEqual([]);
  });

  it.each([
    ['fewer GPUs', { resourceRequirements: [{ type: 'GPU' as const, value: '1' }] }, 'task-definition /gpu 1 → 2, /gpu'],
    ['none', { resourceRequirements: [] }, 'task-definition /gpu null → 2, /gpu'],
    [
      'something else beside them',
      {
        resourceRequirements: [
          { type: 'GPU' as const, value: '2' },
          { type: 'InferenceAccelerator' as const, value: 'a' },
        ],
      },
      'task-definition /others/resourceRequirements [{"type":"InferenceAccelerator","value":"a"}] → null',
    ],
  ])('to %s is seen', async (_, over, difference) => {
    const [revision] = aws.memory.ecs.revisions;
    const [container] = revision?.registered.containerDefinitions ?? [];
    const tags = Object.entries(revision?.tags ?? {}).map(([key, value]) => ({ key, value }));
    const changed = { ...revision?.registered, family: 'mip-net', containerDefinitions: [{ ...container, ...over }], tags };
    await aws.ecs.send(new RegisterTaskDefinitionCommand(changed));
    expect(await differences()).toContainEqual(expect.stringContaining(difference));
  });
});

describe('where a task runs', () => {
  it('is Fargate, or the capacity of the platform: one of both, as RunTask and a service take it', () => {
    const { platform } = input([]);
    expect(launchOf(plain, platform)).toEqual({ launchType: 'FARGATE' });
    expect(launchOf(net, platform)).toEqual(LAUNCH);
  });
});
