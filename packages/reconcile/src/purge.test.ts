import { beforeEach, expect, it } from 'vitest';
import { purge, retiredRepositories } from './purge.ts';
import { algorithm, input, platform, run, settle } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';

let aws: MemoryAws;
const wanted = input([algorithm('stay')]);

beforeEach(async () => {
  aws = new MemoryAws();
  await run(aws, input([algorithm('stay'), algorithm('gone')]));
  await settle(aws, wanted);
});

it('lists what no algorithm wants, since when', async () => {
  expect(await retiredRepositories(aws, wanted.platform)).toEqual([
    { algorithm: 'gone', repository: 'mip-gone', since: '2026-01-01T00:01:00.000Z' },
  ]);
});

it('deletes it with its images, and again without complaint', async () => {
  await purge(aws, wanted.platform, 'mip-gone');
  await purge(aws, wanted.platform, 'mip-gone');
  expect([...aws.memory.ecr.repositories.keys()]).toEqual(['mip-stay']);
  expect((await run(aws, wanted)).plan.changes).toEqual([]);
});

it('leaves what is wanted, what came back, and what is another catalog’s', async () => {
  await expect(purge(aws, wanted.platform, 'mip-stay')).rejects.toThrow('image repository mip-stay is not retired: an algorithm wants it');
  await expect(purge(aws, platform('immutable', 'theirs'), 'mip-gone')).rejects.toThrow('does not belong to this catalog');
  aws.freezeIndex();
  aws.world.now += 60_000;
  await run(aws, input([algorithm('stay'), algorithm('gone')]));
  await expect(purge(aws, wanted.platform, 'mip-gone')).rejects.toThrow('is not retired');
});
