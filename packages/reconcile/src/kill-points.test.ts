/**
 * Every call of an apply is a point at which it may be killed: right before the call, and right after it took effect. The next apply ends
 * where an undisturbed one would have, resource by resource, nothing doubled and nothing orphaned.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { FULL } from '../../../tests/full.ts';
import type { Algorithm } from './algorithm.ts';
import type { Input } from './reconcile.ts';
import { algorithm, EVERY_KIND, frozen, imported, input, platform, rerun, run, settle, treeHash } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';
import { sorted, stateOf } from './testing/state.ts';
import { Killed } from './testing/world.ts';

interface Story {
  readonly title: string;
  /** What there was. */
  readonly arrange: (aws: MemoryAws) => Promise<unknown>;
  readonly wanted: Input;
  /** With MIP_TEST_FULL every call is tried, else every fifth. */
  readonly sampled?: true;
}

const STEP = FULL ? 1 : 5;
const FIRST = 1 + Math.floor(Math.random() * STEP);

const mutable = { platform: platform('mutable') };
const TWO = input([algorithm('seg', EVERY_KIND), imported('other')], mutable);
const LARGER = { ...EVERY_KIND, version: '1.1.0', cpu: 2048, memory: 4096, queue: { max_receives: 5 } };
const UPDATED = input([algorithm('seg', LARGER), imported('other')], {
  ...mutable,
  treeHashes: new Map([['seg', treeHash('seg', 2)]]),
});
const ONE = input([imported('other')], mutable);

/** Versions that were released before, so that their images are there. */
const V1 = versioned('1.0.0');
const V2 = versioned('1.1.0', { releases: [{ version: '1.0.0', weight: 10, deprecated: true }] });
const NEXT_MAJOR = versioned('2.0.0');

function versioned(version: string, over: Partial<Algorithm> = {}): Input {
  const released = ['1.0.0', '1.1.0', '2.0.0'].map((one) => algorithm('seg', { ...EVERY_KIND, version: one }));
  const treeHashes = new Map([['seg', treeHash('seg', Number(version.replaceAll('.', '')))]]);
  return input([algorithm('seg', { ...EVERY_KIND, version, ...over }), imported('other')], { treeHashes, contracts: frozen(...released) });
}

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
  { title: 'a further release that is new', sampled: true, arrange: (aws) => run(aws, V1), wanted: V2 },
  {
    title: 'a further release that goes',
    sampled: true,
    arrange: async (aws) => {
      await run(aws, V1);
      await run(aws, V2);
    },
    wanted: versioned('1.1.0'),
  },
  { title: 'a change of major', sampled: true, arrange: (aws) => run(aws, V1), wanted: NEXT_MAJOR },
  {
    title: 'an old major that finishes',
    sampled: true,
    arrange: async (aws) => {
      await run(aws, V1);
      await run(aws, NEXT_MAJOR);
      aws.world.now += 60_000;
    },
    wanted: NEXT_MAJOR,
  },
];

const points = { tried: 0, converged: 0 };
afterAll(() =>
  console.log(
    `kill points in memory: ${points.tried} tried, ${points.converged} converged (of releases every ${STEP}. from call ${FIRST})`,
  ),
);

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
    for (let number = story.sampled ? FIRST : 1; number <= calls; number += story.sampled ? STEP : 1) {
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

it('a rollout that was killed and then taken back leaves the version before, whatever was reached', async () => {
  const one = (version: string, edition: number) =>
    input([algorithm('seg', { ...EVERY_KIND, version })], { treeHashes: new Map([['seg', treeHash('seg', edition)]]) });
  const [before, after] = [one('1.0.0', 1), one('1.1.0', 2)];
  const story = { title: '', arrange: (aws: MemoryAws) => run(aws, before), wanted: after };
  const { calls } = await undisturbed(story);
  for (let number = 1; number <= calls; number += 1) {
    const crashed = await begun(story);
    crashed.world.killAt = { number, when: 'after' };
    await rerun(crashed, after).catch(() => undefined);
    await settle(crashed, before);
    const service = crashed.memory.ecs.services.get('mip-seg');
    const revision = crashed.memory.ecs.revisions.find(({ taskDefinitionArn }) => taskDefinitionArn === service?.settings.taskDefinition);
    const environment = revision?.registered.containerDefinitions?.[0]?.environment;
    expect(environment, `killed after call ${number}`).toContainEqual({ name: 'MIP_VERSION', value: '1.0.0' });
    expect(crashed.memory.registry.items.get('seg'), `killed after call ${number}`).toMatchObject({ version: '1.0.0', status: 'active' });
    expect(crashed.memory.ecs.tasks.running, `killed after call ${number}`).toEqual([]);
    expect((await run(crashed, before)).plan.changes, `killed after call ${number}`).toEqual([]);
  }
});
