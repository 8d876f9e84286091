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
const bounds = () => {
  const { MinCapacity, MaxCapacity } = aws.memory.scaling.targets.get('service/mip-cluster/mip-seg') ?? {};
  return [MinCapacity, MaxCapacity];
};
const changes = async (ms = 0, depth?: 'deep') => (await plan(aws, { ...wanted, now: new Date(NOW + ms) }, depth)).plan.changes;

describe('a number of tasks', () => {
  it('is set at once, and neither plan nor drift has anything to say', async () => {
    expect(await set(6)).toEqual({ from: 2, to: 6 });
    expect(tasks()).toBe(6);
    expect(await changes()).toEqual([]);
    expect(await changes(0, 'deep')).toEqual([]);
  });

  it('ends at its time by itself, and then there is nothing to do either', async () => {
    await set(6);
    expect(bounds()).toEqual([6, 6]);
    aws.world.now = NOW + 2 * HOUR;
    aws.memory.scaling.tick();
    expect(bounds()).toEqual([2, 8]);
    expect(await changes(2 * HOUR)).toEqual([]);
    expect(await changes(2 * HOUR, 'deep')).toEqual([]);
  });

  it('of none ends with the least that the catalog wants', async () => {
    await set(0);
    expect(tasks()).toBe(0);
    aws.world.now = NOW + 2 * HOUR;
    aws.memory.scaling.tick();
    expect(tasks()).toBe(2);
  });

  it('is taken back before', async () => {
    const before = stateOf(aws);
    await set(0);
    expect(tasks()).toBe(0);
    expect(await set(undefined)).toEqual({ from: 0, to: 2 });
    expect(stateOf(aws)).toEqual(before);
  });

  it('that is set already takes no call to ECS or to Application Auto Scaling', async () => {
    await set(6);
    aws.world.restart();
    expect(await set(6)).toEqual({ from: 6, to: 6 });
    expect(aws.world.writes.filter((call) => !call.startsWith('dynamodb:'))).toEqual([]);
  });

  it('is set again for longer, and for another number', async () => {
    await set(6);
    const longer = { count: 3, until: until(4 * HOUR) };
    await scale(aws, wanted.platform, { algorithm: seg, override: longer }, runOptions(aws));
    expect(bounds()).toEqual([3, 3]);
    expect(await changes(0, 'deep')).toEqual([]);
    aws.world.now = NOW + 2 * HOUR;
    aws.memory.scaling.tick();
    expect(bounds()).toEqual([3, 3]);
    aws.world.now = NOW + 4 * HOUR;
    aws.memory.scaling.tick();
    expect(bounds()).toEqual([2, 8]);
    expect(await changes(4 * HOUR, 'deep')).toEqual([]);
  });

  it('that is the catalog’s own needs no end', async () => {
    const one = algorithm('seg', { scaling: { min: 1, max: 1 } });
    const only = input([one]);
    await run(aws, only);
    await scale(aws, only.platform, { algorithm: one, override: { count: 1, until: until(2 * HOUR) } }, runOptions(aws));
    expect((await plan(aws, only, 'deep')).plan.changes).toEqual([]);
    expect((await plan(aws, { ...only, now: new Date(NOW + 2 * HOUR) }, 'deep')).plan.changes).toEqual([]);
  });

  it('is refused for what belongs to another catalog, and changes nothing', async () => {
    const before = stateOf(aws);
    await expect(set(6, { ...wanted.platform, catalogId: 'theirs' })).rejects.toThrow(/no row seg of this catalog/);
    expect(stateOf(aws)).toEqual(before);
  });

  const points = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((number) => (['before', 'after'] as const).map((when) => [when, number] as const));
  it.each(points)('killed %s call %i, the next apply ends where an undisturbed one would have', async (when, number) => {
    aws.world.killAt = { number, when };
    await expect(set(6)).rejects.toThrow();
    aws.world.restart();
    aws.world.now += HOUR;
    const later = { ...wanted, now: new Date(aws.world.now) };
    await run(aws, later);
    expect((await plan(aws, later, 'deep')).plan.changes).toEqual([]);
    const begun = number > 2 || (number === 2 && when === 'after'); // the lease, then the row, then what scales it
    expect(tasks()).toBe(begun ? 6 : 2);
  });

  it.each(points)('killed %s call %i, it is over at its time though nothing was applied since', async (when, number) => {
    aws.world.killAt = { number, when };
    await expect(set(6)).rejects.toThrow();
    aws.world.restart();
    aws.world.now += 2 * HOUR;
    aws.memory.scaling.tick();
    expect(bounds()).toEqual([2, 8]);
    expect(await changes(2 * HOUR, 'deep')).toEqual([]);
  });

  it.each(points)('taken back and killed %s call %i, the next apply ends at what the catalog says', async (when, number) => {
    await set(6);
    aws.world.restart();
    aws.world.now += 90_000;
    aws.world.killAt = { number, when };
    const killed = await set(undefined).then(
      () => false,
      () => true,
    );
    aws.world.restart();
    aws.world.now += HOUR;
    await run(aws, { ...wanted, now: new Date(aws.world.now) });
    await set(undefined);
    expect(bounds()).toEqual([2, 8]);
    expect(await changes(HOUR, 'deep')).toEqual([]);
    expect(killed).toBe(number < 8);
  });
});
