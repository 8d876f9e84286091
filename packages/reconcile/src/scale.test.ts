/** What `scale` sets at once is what a later plan is content with, until its time. */
import { beforeEach, describe, expect, it } from 'vitest';
import { plan } from './reconcile.ts';
import { scale } from './scale.ts';
import { algorithm, input, NOW, run, runOptions } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';
import { stateOf } from './testing/state.ts';

let aws: MemoryAws;
const seg = algorithm('seg', { scaling: { min: 2, max: 8 } });
const wanted = input([seg]);
const until = (ms: number) => new Date(NOW + ms).toISOString();
const HOUR = 3_600_000;

beforeEach(async () => {
  aws = new MemoryAws();
  await run(aws, wanted);
  aws.world.restart();
});

const set = (count: number | undefined, owner = wanted.platform) => {
  const override = count === undefined ? undefined : { count, until: until(2 * HOUR) };
  return scale(aws, owner, { algorithm: seg, override }, runOptions(aws));
};
const tasks = () => aws.memory.ecs.services.get('mip-seg')?.settings.desiredCount;
const changes = async (ms = 0, depth?: 'deep') => (await plan(aws, { ...wanted, now: new Date(NOW + ms) }, depth)).plan.changes;

describe('a number of tasks', () => {
  it('is set at once, and neither plan nor drift has anything to say', async () => {
    expect(await set(6)).toEqual({ from: 2, to: 6 });
    expect(tasks()).toBe(6);
    expect(await changes()).toEqual([]);
    expect(await changes(0, 'deep')).toEqual([]);
  });

  it('ends at its time: then the catalog decides', async () => {
    await set(6);
    expect((await changes(2 * HOUR)).flatMap(({ fields }) => fields)).toEqual([{ path: '/desiredCount', from: 6, to: 2 }]);
  });

  it('is taken back before', async () => {
    const before = stateOf(aws);
    await set(0);
    expect(tasks()).toBe(0);
    expect(await set(undefined)).toEqual({ from: 0, to: 2 });
    expect(stateOf(aws)).toEqual(before);
  });

  it('that is set already takes no call to ECS', async () => {
    await set(6);
    aws.world.restart();
    expect(await set(6)).toEqual({ from: 6, to: 6 });
    expect(aws.world.writes.filter((call) => call.startsWith('ecs:'))).toEqual([]);
  });

  it('is refused for what belongs to another catalog, and changes nothing', async () => {
    const before = stateOf(aws);
    await expect(set(6, { ...wanted.platform, catalogId: 'theirs' })).rejects.toThrow(/no row seg of this catalog/);
    expect(stateOf(aws)).toEqual(before);
  });

  const points = [1, 2, 3, 4, 5, 6].flatMap((number) => (['before', 'after'] as const).map((when) => [when, number] as const));
  it.each(points)('killed %s call %i, the next apply ends where an undisturbed one would have', async (when, number) => {
    aws.world.killAt = { number, when };
    await expect(set(6)).rejects.toThrow();
    aws.world.restart();
    aws.world.now += HOUR;
    const later = { ...wanted, now: new Date(aws.world.now) };
    await run(aws, later);
    expect((await plan(aws, later, 'deep')).plan.changes).toEqual([]);
    const begun = number > 2 || (number === 2 && when === 'after'); // the lease, then the row, then the service
    expect(tasks()).toBe(begun ? 6 : 2);
  });
});
