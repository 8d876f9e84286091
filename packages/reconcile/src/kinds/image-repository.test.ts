import { describe, expect, it } from 'vitest';
import { publishedByBuild } from '../aws/images.ts';
import { algorithm, input, platform, run, treeHash } from '../testing/fixtures.ts';
import { describeKind } from '../testing/kind-contract.ts';
import { MemoryAws } from '../testing/memory-aws.ts';
import { imageRepository } from './image-repository.ts';

describeKind(imageRepository, [
  {
    what: 'a new version is a new tag, without an image yet',
    to: { version: '1.1.0' },
    blames: '/version',
    fields: [
      { path: '/tag', from: null, to: 'v1.1.0' },
      { path: '/treeHash', from: null, to: treeHash('seg') },
    ],
  },
  {
    what: 'a changed source',
    to: {},
    edition: 2,
    blames: '/source',
    fields: [{ path: '/treeHash', from: treeHash('seg'), to: treeHash('seg', 2) }],
  },
  { what: 'size is none of its business', to: { cpu: 2048, memory: 4096 }, fields: [] },
]);

describe('image repositories', () => {
  it('may not move version tags in AWS, may in a local cloud', async () => {
    const aws = new MemoryAws();
    await run(aws, input([algorithm('seg')]));
    expect(aws.memory.ecr.repositories.get('mip-seg')?.imageTagMutability).toBe('IMMUTABLE_WITH_EXCLUSION');
    await run(aws, input([algorithm('seg')], { platform: platform('mutable') }));
    expect(aws.memory.ecr.repositories.get('mip-seg')?.imageTagMutability).toBe('MUTABLE');
  });

  it('hold an image that was there before: nothing is published again', async () => {
    const aws = new MemoryAws();
    let published = 0;
    const { publish } = aws.images;
    const counted: typeof publish = (order) => {
      published += 1;
      return publish(order);
    };
    Object.assign(aws.images, { publish: counted });
    await run(aws, input([algorithm('seg')]));
    await run(aws, input([algorithm('seg', { description: 'Finds it better.' })]));
    expect(published).toBe(1);
  });

  it('do not take an image with another tree hash for the one ordered', async () => {
    const aws = new MemoryAws();
    Object.assign(aws.images, { publish: async () => aws.publish('x/mip-seg', 'v1.0.0', 'sha256:other') });
    const report = await run(aws, input([algorithm('seg')]));
    expect(report.outcomes[0]?.reason).toBe(`image mip-seg:v1.0.0 was published with tree hash sha256:other, not ${treeHash('seg')}`);
  });

  it('in AWS wait for the build action, and say so', async () => {
    const aws = new MemoryAws();
    Object.assign(aws.images, publishedByBuild);
    const report = await run(aws, input([algorithm('seg')]));
    expect(report.outcomes[0]?.reason).toBe(
      `image mip-seg:v1.0.0 with tree hash ${treeHash('seg')} is not in ECR: the build action pushes it`,
    );
  });

  it('are not planned without a tree hash', async () => {
    const treeless = input([algorithm('seg')], { treeHashes: new Map() });
    await expect(run(new MemoryAws(), treeless)).rejects.toThrow('seg is built from algorithms/seg, but its tree hash was not given');
  });
});
