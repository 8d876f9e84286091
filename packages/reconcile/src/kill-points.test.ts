/**
 * Every call of an apply is a point at which it may be killed: right before the call, and right after it took effect. The next apply ends
 * where an undisturbed one would have, resource by resource, nothing doubled and nothing orphaned.
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { Input } from './reconcile.ts';
import { algorithm, EVERY_KIND, imported, input, platform, rerun, run, settle, treeHash } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';
import { sorted, stateOf } from './testing/state.ts';
import { Killed } from './testing/world.ts';

interface Story {
  readonly title: string;
  /** What there was. */
  readonly arrange: (aws: MemoryAws) => Promise<unknown>;
  readonly wanted: Input;
}

const mutable = { platform: platform('mutable') };
const TWO = input([algorithm('seg', EVERY_KIND), imported('other')], mutable);
const LARGER = { ...EVERY_KIND, version: '1.1.0', cpu: 2048, memory: 4096, queue: { max_receives: 5 } };
const UPDATED = input([algorithm('seg', LARGER), imported('other')], {
  ...mutable,
  treeHashes: new Map([['seg', treeHash('seg', 2)]]),
});
const ONE = input([imported('other')], mutable);

const STORIES: readonly Story[] = [
  { title: 'a first apply', arrange: async () => undefined, wanted: TWO },
  { title: 'an update', arrange: (aws) => run(aws, TWO), wanted: UPDATED },
  { title: 'a delete that withdraws', arrange: (aws) => run(aws, TWO), wanted: ONE },
  {
    title: 'a delete that finishes',
    arrange: async (aws) => {
      await run(aws, TWO);
      await run(aws, ONE);
      aws.world.now += 60_000;
    },
    wanted: ONE,
  },
  {
    title: 'a return while it drains',
    arrange: async (aws) => {
      await run(aws, TWO);
      await run(aws, ONE);
    },
    wanted: TWO,
  },
];

const points = { tried: 0, converged: 0 };
afterAll(() => console.log(`kill points in memory: ${points.tried} tried, ${points.converged} converged`));

async function begun({ arrange }: Story): Promise<MemoryAws> {
  const aws = new MemoryAws();
  await arrange(aws);
  aws.world.restart();
  return aws;
}

/** How many calls the run makes that is going to be killed, and where everything ends. */
async function undisturbed(story: Story): Promise<{ calls: number; state: unknown }> {
  const calm = await begun(story);
  await rerun(calm, story.wanted);
  const calls = calm.world.trace.length;
  await settle(calm, story.wanted);
  return { calls, state: sorted(stateOf(calm)) };
}

describe.each(STORIES)('killed in $title', (story) => {
  it.each(['before', 'after'] as const)('%s any of its calls took effect, the next apply ends in the same state', async (when) => {
    const { calls, state } = await undisturbed(story);
    expect(calls).toBeGreaterThan(15);
    for (let number = 1; number <= calls; number += 1) {
      points.tried += 1;
      const crashed = await begun(story);
      crashed.world.killAt = { number, when };
      await expect(rerun(crashed, story.wanted), `killed ${when} call ${number}`).rejects.toBeInstanceOf(Killed);
      const report = await settle(crashed, story.wanted);
      expect(report.ok, `killed ${when} call ${number}`).toBe(true);
      expect(sorted(stateOf(crashed)), `killed ${when} call ${number}`).toEqual(state);
      expect((await run(crashed, story.wanted)).plan.changes).toEqual([]);
      points.converged += 1;
    }
  });
});
