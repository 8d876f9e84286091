/** Whatever AWS says or fails to do, runs end where an undisturbed one would have. */
import { beforeEach, describe, expect, it } from 'vitest';
import { algorithm, EVERY_KIND, imported, input, platform, rerun, run, settle, treeHash } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';
import { sorted, stateOf } from './testing/state.ts';

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

/** An update, a delete and a create. */
const BEFORE = input([algorithm('seg', EVERY_KIND), algorithm('go'), algorithm('same')], { platform: platform('mutable') });
const AFTER = input([algorithm('seg', { ...EVERY_KIND, cpu: 2048, memory: 4096 }), imported('come'), algorithm('same')], {
  platform: platform('mutable'),
  treeHashes: new Map([
    ['seg', treeHash('seg', 2)],
    ['same', treeHash('same')],
  ]),
});

/** Where a run ends that nothing disturbs. */
async function uninterrupted(): Promise<unknown> {
  const calm = new MemoryAws();
  await run(calm, BEFORE);
  await run(calm, AFTER);
  await settle(calm, AFTER);
  return sorted(stateOf(calm));
}

describe('what AWS says of itself', () => {
  const LISTS = ['GetResources', 'Scan', 'ListServices', 'ListTaskDefinitionFamilies', 'ListRoles'];
  const EMPTY = { ResourceTagMappingList: [], PaginationToken: '', Items: [], serviceArns: [], families: [], Roles: [] };

  it.each(LISTS)(
    'may be an empty %s: nothing is deleted and nothing made again, and the next run ends where it should',
    async (operation) => {
      const state = await uninterrupted();
      await run(aws, BEFORE);
      aws.world.restart();
      aws.world.distort = (call, output) => (call.operation === operation ? EMPTY : output);
      const report = await rerun(aws, BEFORE);
      expect(report.plan.changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`)).toEqual([]);
      await settle(aws, AFTER);
      expect(sorted(stateOf(aws))).toEqual(state);
    },
  );

  it.each([1, 2, 3, 5, 8, 13])('may lag behind by %i lookups: the end is the same', async (lookups) => {
    const state = await uninterrupted();
    aws.freezeIndex(lookups);
    await run(aws, BEFORE);
    aws.freezeIndex(lookups);
    await settle(aws, AFTER);
    aws.freezeIndex(lookups);
    await settle(aws, AFTER);
    aws.thawIndex();
    await settle(aws, AFTER);
    expect(sorted(stateOf(aws))).toEqual(state);
  });
});

describe('trouble on the way', () => {
  it.each([2, 3, 5, 7])('every %ith call fails: what is done stays done, and the runs after it end where they should', async (nth) => {
    const state = await uninterrupted();
    await run(aws, BEFORE);
    for (let round = 0; round < 60; round += 1) {
      aws.world.restart();
      aws.world.fail = ({ number }) => ((number + round) % nth === 0 ? throttled() : undefined);
      await rerun(aws, AFTER).catch(() => undefined);
      aws.world.now += 66_000;
    }
    await settle(aws, AFTER);
    expect(sorted(stateOf(aws))).toEqual(state);
  });

  it.each([
    ['throttled', throttled, /ThrottlingException: Rate exceeded \(AWS throttled the call/],
    ['timed out', () => named('TimeoutError', 'socket hang up'), /whether the call took effect is seen by the next run/],
    [
      'denied',
      () => named('AccessDeniedException', 'not authorized to perform ecs:RegisterTaskDefinition'),
      /the role of this run may not do that/,
    ],
    ['over a quota', () => named('LimitExceededException', 'too many'), /ask AWS to raise it/],
  ])('%s: one algorithm stops and says why, the others go on, the next run finishes it', async (_, error, words) => {
    await run(aws, BEFORE);
    aws.world.restart();
    aws.world.fail = ({ operation, input }) =>
      operation === 'RegisterTaskDefinition' && (input as { family: string }).family === 'mip-seg' ? error() : undefined;
    const report = await rerun(aws, AFTER);
    expect(report.ok).toBe(false);
    expect(report.outcomes.filter(({ result }) => result === 'failed').map(({ algorithm, reason }) => [algorithm, reason])).toEqual([
      ['seg', expect.stringMatching(words)],
    ]);
    expect(aws.memory.registry.items.has('come')).toBe(true);
    expect((await settle(aws, AFTER)).ok).toBe(true);
    expect(sorted(stateOf(aws))).toEqual(await uninterrupted());
  });

  /** What the call makes is there before the call is: its first answer was lost, or somebody was quicker. */
  function makeFirst(operation: string, change: (input: Record<string, unknown>) => Record<string, unknown>): void {
    let quicker = true;
    aws.world.fail = ({ service, operation: called, input: given }) => {
      if (called !== operation || !quicker) return undefined;
      quicker = false;
      aws.memory[service as 'ecr'].operations[operation]?.(change(structuredClone(given) as Record<string, unknown>) as never);
      return undefined;
    };
  }

  it.each(['CreateRepository', 'CreateQueue', 'CreateRole', 'CreateService'])(
    'what %s is to make is there already: it is looked at once more, and the run goes on',
    async (operation) => {
      makeFirst(operation, (given) => given);
      const report = await rerun(aws, BEFORE);
      expect(report.ok, JSON.stringify(report.outcomes)).toBe(true);
      const calm = new MemoryAws();
      await run(calm, BEFORE);
      expect(sorted(stateOf(aws))).toEqual(sorted(stateOf(calm)));
    },
  );

  it.each(['CreateRepository', 'CreateRole', 'CreateService'])(
    'what somebody else’s %s made meanwhile is left alone',
    async (operation) => {
      makeFirst(operation, ({ tags: _, Tags: __, ...given }) => given);
      const report = await rerun(aws, BEFORE);
      expect(report.outcomes.filter(({ result }) => result === 'refused').map(({ reason }) => reason)).toEqual([
        expect.stringContaining('belongs to nobody that tagged it; it is never overwritten'),
      ]);
      expect(report.outcomes.filter(({ result }) => result === 'failed')).toEqual([]);
    },
  );

  it('two applies at once: one waits for the other, and there is one of everything', async () => {
    const state = await uninterrupted();
    await run(aws, BEFORE);
    aws.world.restart();
    const both = await Promise.all([rerun(aws, AFTER), rerun(aws, AFTER)]);
    expect(both.map(({ ok }) => ok)).toEqual([true, true]);
    await settle(aws, AFTER);
    expect(sorted(stateOf(aws))).toEqual(state);
  });
});

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function throttled(): Error {
  return named('ThrottlingException', 'Rate exceeded');
}
