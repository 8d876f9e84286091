/** What a plan says of callers, the bill and the quotas is what comes true when it is applied. */
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, it } from 'vitest';
import { plan } from './reconcile.ts';
import { algorithm, imported, input, platform, run } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';

/** Somebody else's, in the way of an algorithm. */
const inTheWayOf = (aws: MemoryAws, name: string) =>
  aws.sqs.send(new CreateQueueCommand({ QueueName: `mip-${name}-requests.fifo`, Attributes: { FifoQueue: 'true' } }));

const TASKS = { scaling: { min: 1, max: 2 } };
/** (0.04656 + 2 × 0.00511) USD an hour, 730 hours. */
const ONE_TASK = 41.4494;
const cents = (min: number, max: number) => ({ min: expect.closeTo(min, 6), max: expect.closeTo(max, 6) });

let aws: MemoryAws;
beforeEach(() => {
  aws = new MemoryAws();
});

describe('an algorithm that is refused', () => {
  it('costs nothing and needs no quota while it is not there', async () => {
    await inTheWayOf(aws, 'taken');
    const { plan: made } = await plan(aws, input([algorithm('taken', TASKS), imported('free', TASKS)]));
    expect(made.refusals.map((refusal) => refusal.algorithm)).toEqual(['taken']);
    expect(made.cost?.changes.map((change) => change.algorithm)).toEqual(['free']);
    expect(made.cost).toMatchObject({ from: cents(0, 0), to: cents(ONE_TASK, 2 * ONE_TASK) });
    expect(made.quotas.map(({ needed, atMost }) => [needed, atMost])).toEqual([
      [1, null],
      [1, null],
      [0, null],
      [1, 2],
    ]);
  });

  it('goes on costing and needing what it did', async () => {
    await run(aws, input([algorithm('seg', TASKS)]));
    const larger = algorithm('seg', { cpu: 2048, memory: 4096, scaling: { min: 4, max: 8 } });
    const { plan: made } = await plan(aws, input([larger], { treeHashes: new Map([['seg', 'sha256:another source']]) }));
    expect(made.refusals.map(({ kind }) => kind)).toEqual(['image-repository']);
    expect(made.cost).toMatchObject({ changes: [], from: cents(ONE_TASK, 2 * ONE_TASK), to: cents(ONE_TASK, 2 * ONE_TASK) });
    expect(made.quotas.at(-1)).toMatchObject({ quota: 'fargate_vcpus', needed: 1, atMost: 2 });
  });

  it('shows its callers nothing new: its refusal says what would have broken them', async () => {
    await run(aws, input([algorithm('seg')]));
    const { plan: made } = await plan(aws, input([algorithm('seg', { parameters: {} }), algorithm('other')]));
    expect(made.contracts).toEqual([]);
    expect(made.refusals.map(({ reason }) => reason)).toEqual([
      'version 1.0.0 breaks callers of 1.0.0 (the parameter threshold is gone); make it 2.0.0 or later',
    ]);
  });

  it('is not what a plan is refused for as a whole', async () => {
    await inTheWayOf(aws, 'taken');
    const small = { ...platform(), quotas: { ...platform().quotas, fargate_vcpus: 1 } };
    const { dangers } = await plan(aws, input([algorithm('taken', TASKS), algorithm('free', TASKS)], { platform: small }));
    expect(dangers).toEqual([]);
  });
});

it('an algorithm that is not refused tells its callers, and changes the bill', async () => {
  await run(aws, input([algorithm('seg', TASKS)]));
  const next = algorithm('seg', { version: '2.0.0', parameters: {}, scaling: { min: 2, max: 2 } });
  const { plan: made } = await plan(aws, input([next], { treeHashes: new Map([['seg', 'sha256:another source']]) }));
  expect(made.contracts).toMatchObject([{ algorithm: 'seg', from: '1.0.0', to: '2.0.0', satisfied: true }]);
  expect(made.cost).toMatchObject({ from: cents(ONE_TASK, 2 * ONE_TASK), to: cents(2 * ONE_TASK, 2 * ONE_TASK) });
});
