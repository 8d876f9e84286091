/** Whatever index or kill does to a run, the next one ends where an undisturbed one would have. */
import { beforeEach, describe, expect, it } from 'vitest';
import { algorithm, imported, input, platform, rerun, run, settle, treeHash } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';
import { sorted, stateOf } from './testing/state.ts';
import { Killed } from './testing/world.ts';

let aws: MemoryAws;
beforeEach(() => {
  aws = new MemoryAws();
});

describe('a tag index that lags behind', () => {
  it('does not make anything twice', async () => {
    aws.freezeIndex();
    await run(aws, input([algorithm('seg')]));
    const after = stateOf(aws);
    const again = await run(aws, input([algorithm('seg')]));
    expect(again.plan.changes).toEqual([]);
    expect(stateOf(aws)).toEqual(after);
  });

  it('does not make an update twice', async () => {
    await run(aws, input([algorithm('seg')]));
    aws.freezeIndex();
    const larger = input([algorithm('seg', { cpu: 2048, memory: 4096 })]);
    await run(aws, larger);
    await run(aws, larger);
    expect(aws.memory.ecs.revisions).toHaveLength(2);
    expect(aws.world.writes).toEqual([]);
  });

  it('does not delete twice', async () => {
    await run(aws, input([algorithm('seg'), algorithm('stay')]));
    aws.freezeIndex();
    await settle(aws, input([algorithm('stay')]));
    expect((await run(aws, input([algorithm('stay')]))).plan.changes).toEqual([]);
  });
});

describe('killed at any call', () => {
  const before = input([algorithm('seg'), algorithm('go')], { platform: platform('mutable') });
  const after = input([algorithm('seg', { cpu: 2048, memory: 4096 }), imported('come')], {
    platform: platform('mutable'),
    treeHashes: new Map([['seg', treeHash('seg', 2)]]),
  });

  async function uninterrupted(): Promise<{ calls: number; state: unknown }> {
    const calm = new MemoryAws();
    await run(calm, before);
    await run(calm, after);
    const calls = calm.world.trace.length;
    await settle(calm, after);
    return { calls, state: stateOf(calm) };
  }

  it.each(['before', 'after'] as const)('%s its effect, the next run ends in the same state, nothing doubled', async (when) => {
    const { calls, state } = await uninterrupted();
    expect(calls).toBeGreaterThan(60);
    for (let number = 1; number <= calls; number++) {
      const crashed = new MemoryAws();
      await run(crashed, before);
      crashed.world.restart();
      crashed.world.killAt = { number, when };
      await rerun(crashed, after).catch((error) => expect(error).toBeInstanceOf(Killed));
      const report = await settle(crashed, after);
      expect(report.ok, `killed ${when} call ${number}`).toBe(true);
      expect(sorted(stateOf(crashed)), `killed ${when} call ${number}`).toEqual(sorted(state));
      expect((await run(crashed, after)).plan.changes).toEqual([]);
    }
  });
});
