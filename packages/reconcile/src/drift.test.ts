/** What somebody did by hand to what reconcile owns: a plan that trusts the hashes misses it, a deep one names the field. */
import { RegisterScalableTargetCommand } from '@aws-sdk/client-application-auto-scaling';
import { PutImageTagMutabilityCommand } from '@aws-sdk/client-ecr';
import { DeleteServiceCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { GetQueueUrlCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Aws } from './aws/clients.ts';
import { apply, plan } from './reconcile.ts';
import { algorithm, input, run, runOptions } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';
import { stateOf } from './testing/state.ts';

const TARGET = {
  ServiceNamespace: 'ecs',
  ScalableDimension: 'ecs:service:DesiredCount',
  ResourceId: 'service/mip-cluster/mip-seg',
} as const;
const catalog = input([algorithm('seg'), algorithm('other')]);
let aws: MemoryAws;

beforeEach(async () => {
  aws = new MemoryAws();
  await run(aws, catalog);
});

async function queueUrl(from: Aws): Promise<string> {
  return (await from.sqs.send(new GetQueueUrlCommand({ QueueName: 'mip-seg-requests.fifo' }))).QueueUrl ?? '';
}

interface Deed {
  readonly deed: string;
  readonly tamper: (aws: MemoryAws) => Promise<unknown>;
  readonly drift: readonly string[];
}

const DEEDS: readonly Deed[] = [
  {
    deed: "a queue's visibility",
    tamper: async (own) =>
      own.sqs.send(new SetQueueAttributesCommand({ QueueUrl: await queueUrl(own), Attributes: { VisibilityTimeout: '31' } })),
    drift: ['update request-queue mip-seg-requests.fifo /VisibilityTimeout "31" → "900"'],
  },
  {
    deed: 'the most tasks that may run',
    tamper: (own) => own.scaling.send(new RegisterScalableTargetCommand({ ...TARGET, MaxCapacity: 3 })),
    drift: ['update scaling mip-seg /max 3 → 8'],
  },
  {
    deed: 'whether version tags move',
    tamper: (own) => own.ecr.send(new PutImageTagMutabilityCommand({ repositoryName: 'mip-seg', imageTagMutability: 'MUTABLE' })),
    drift: [
      'update image-repository mip-seg /movingTags [] → ["latest"]',
      'update image-repository mip-seg /tagPolicy "mutable" → "immutable"',
    ],
  },
  {
    deed: "a row's memory",
    tamper: async ({ memory }) => memory.registry.items.set('seg', { ...memory.registry.items.get('seg'), memory: 9 }),
    drift: ['update registry-entry seg /memory 9 → 2048'],
  },
  {
    deed: 'a service that was deleted',
    tamper: (own) => own.ecs.send(new DeleteServiceCommand({ cluster: 'mip-cluster', service: 'mip-seg', force: true })),
    drift: ['create service mip-seg', 'create scaling mip-seg'],
  },
];

async function driftOf(own: Aws): Promise<readonly string[]> {
  const { changes } = (await plan(own, catalog, 'deep')).plan;
  return changes.flatMap(({ action, kind, name, fields }) =>
    action === 'update'
      ? fields.map(({ path, from, to }) => `${action} ${kind} ${name} ${path} ${JSON.stringify(from)} → ${JSON.stringify(to)}`)
      : [`${action} ${kind} ${name}`],
  );
}

describe('drift', () => {
  it('is nothing where nobody did anything', async () => {
    expect(await driftOf(aws)).toEqual([]);
  });

  it.each(DEEDS)('names $deed, field by field, and healing puts it right', async ({ tamper, drift }) => {
    const before = stateOf(aws);
    await tamper(aws);
    expect(await driftOf(aws)).toEqual(drift);
    const healed = await apply(aws, await plan(aws, catalog, 'deep'), runOptions(aws));
    expect(healed.ok).toBe(true);
    expect(await driftOf(aws)).toEqual([]);
    expect(stateOf(aws)).toEqual(before);
  });

  it('is not another number of tasks: the catalog does not say it', async () => {
    await aws.ecs.send(new UpdateServiceCommand({ cluster: 'mip-cluster', service: 'mip-seg', desiredCount: 5 }));
    expect(await driftOf(aws)).toEqual([]);
  });

  it('that changes a resource is not seen by a plan that believes the hash on it', async () => {
    await DEEDS[0]?.tamper(aws);
    expect((await plan(aws, catalog)).plan.changes).toEqual([]);
  });

  it('includes what is owned and no longer declared', async () => {
    const { changes } = (await plan(aws, input([algorithm('seg')]), 'deep')).plan;
    expect(new Set(changes.map(({ action, algorithm: of }) => `${action} ${of}`))).toEqual(new Set(['delete other']));
  });
});
