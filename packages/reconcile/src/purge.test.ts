import { Registry } from '@mip/registry';
import { beforeEach, expect, it } from 'vitest';
import { purge, retiredRepositories } from './purge.ts';
import { algorithm, imported, input, platform, run, settle } from './testing/fixtures.ts';
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
  await purge(aws, wanted.platform, 'mip-gone', wanted.algorithms);
  await purge(aws, wanted.platform, 'mip-gone', wanted.algorithms);
  expect([...aws.memory.ecr.repositories.keys()]).toEqual(['mip-stay']);
  expect((await run(aws, wanted)).plan.changes).toEqual([]);
});

it('leaves what is wanted, what came back, and what is another catalog’s', async () => {
  await expect(purge(aws, wanted.platform, 'mip-stay', wanted.algorithms)).rejects.toThrow(
    'image repository mip-stay is not retired: an algorithm wants it',
  );
  await expect(purge(aws, platform('immutable', 'theirs'), 'mip-gone', wanted.algorithms)).rejects.toThrow(
    'does not belong to this catalog',
  );
  aws.freezeIndex();
  aws.world.now += 60_000;
  await run(aws, input([algorithm('stay'), algorithm('gone')]));
  await expect(purge(aws, wanted.platform, 'mip-gone', wanted.algorithms)).rejects.toThrow('is not retired');
});

it('leaves the images of an algorithm that was rolled back to one of them by its digest', async () => {
  const digest = aws.memory.ecr.repositories.get('mip-gone')?.images.get('v1.0.0')?.digest;
  const image_uri = `000000000000.dkr.ecr.eu-central-1.amazonaws.com/mip-gone@${digest}`;
  const back = input([algorithm('stay'), { ...imported('gone'), image_uri }]);
  await run(aws, back);
  expect((await retiredRepositories(aws, back.platform)).map(({ repository }) => repository)).toEqual(['mip-gone']);
  await expect(purge(aws, back.platform, 'mip-gone', back.algorithms)).rejects.toThrow(
    'holds the image that gone runs: its image_uri names it',
  );
});

it('leaves the images of a release that is served, and of a pin', async () => {
  const served = { ...imported('gone'), releases: [{ version: '1.0.0' }] };
  await expect(purge(aws, wanted.platform, 'mip-gone', [served])).rejects.toThrow(
    'holds the image of gone 1.0.0, which the catalog serves',
  );
  const yanked = { ...imported('gone'), releases: [{ version: '1.0.0', yanked: true }] };
  const pin = { version: '1.0.0', until: '2027-01-01T00:00:00.000Z', by: 'somebody' };
  aws.world.now += 60_000;
  await run(aws, input([algorithm('stay'), imported('gone')]));
  await new Registry(aws.dynamodb, 'mip-algorithms').pin('gone', 'mip', pin);
  await expect(purge(aws, wanted.platform, 'mip-gone', [yanked])).rejects.toThrow('that gone is pinned to (1.0.0)');
  await new Registry(aws.dynamodb, 'mip-algorithms').pin('gone', 'mip', null);
  await purge(aws, wanted.platform, 'mip-gone', [yanked]);
});
