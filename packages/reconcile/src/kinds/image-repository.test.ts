import {
  CreateRepositoryCommand,
  DeleteLifecyclePolicyCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr';
import { beforeEach, describe, expect, it } from 'vitest';
import { publishedByBuild } from '../aws/images.ts';
import { apply, plan } from '../reconcile.ts';
import { algorithm, input, platform, rerun, run, runOptions, settle, treeHash } from '../testing/fixtures.ts';
import { describeKind } from '../testing/kind-contract.ts';
import { MemoryAws } from '../testing/memory-aws.ts';
import { sorted, stateOf } from '../testing/state.ts';
import { Killed } from '../testing/world.ts';
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
      return publish(order, aws.ecr);
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

describe('a repository as it is made', () => {
  it('lets only latest move, scans what is pushed, is encrypted, and drops only what no tag points at', async () => {
    const aws = new MemoryAws();
    await run(aws, input([algorithm('seg')]));
    const made = aws.memory.ecr.repositories.get('mip-seg');
    expect(made).toMatchObject({
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'latest' }],
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: { encryptionType: 'AES256' },
    });
    const { rules } = JSON.parse(made?.lifecycle ?? '') as { rules: object[] };
    expect(rules).toMatchObject([
      {
        selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 30 },
        action: { type: 'expire' },
      },
    ]);
  });
});

describe('what somebody did to a repository', () => {
  const repositoryName = 'mip-seg';
  const catalog = input([algorithm('seg')]);
  const everything = {
    rules: [
      {
        rulePriority: 1,
        selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 1 },
        action: { type: 'expire' },
      },
    ],
  };
  let aws: MemoryAws;
  beforeEach(async () => {
    aws = new MemoryAws();
    await run(aws, catalog);
  });

  it.each([
    [
      'no scans',
      new PutImageScanningConfigurationCommand({ repositoryName, imageScanningConfiguration: { scanOnPush: false } }),
      ['/scanOnPush'],
    ],
    ['no lifecycle', new DeleteLifecyclePolicyCommand({ repositoryName }), ['/lifecycle']],
    [
      'a lifecycle that drops versions',
      new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: JSON.stringify(everything) }),
      ['/lifecycle/rules'],
    ],
    ['no tag moves', new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: 'IMMUTABLE' }), ['/movingTags', '/tagPolicy']],
    [
      'versions move',
      new PutImageTagMutabilityCommand({
        repositoryName,
        imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: ['v*', 'latest'].map((filter) => ({ filterType: 'WILDCARD' as const, filter })),
      }),
      ['/movingTags'],
    ],
  ] as const)('%s: is named field by field, and healed', async (_, tamper, paths) => {
    const before = sorted(stateOf(aws));
    await aws.ecr.send(tamper as PutLifecyclePolicyCommand);
    const prepared = await plan(aws, catalog, 'deep');
    expect(prepared.plan.changes.flatMap(({ kind, fields }) => fields.map(({ path }) => `${kind} ${path}`))).toEqual(
      paths.map((path) => `image-repository ${path}`),
    );
    await apply(aws, prepared, runOptions(aws));
    expect(sorted(stateOf(aws))).toEqual(before);
  });

  it('a lifecycle written in another way is no difference', async () => {
    const found = aws.memory.ecr.repositories.get(repositoryName);
    Object.assign(found ?? {}, { lifecycle: JSON.stringify(JSON.parse(found?.lifecycle ?? ''), null, 2) });
    expect((await plan(aws, catalog, 'deep')).plan.changes).toEqual([]);
  });

  it('another encryption cannot be healed, and says so', async () => {
    const made = { repositoryName: 'mip-new', encryptionConfiguration: { encryptionType: 'KMS' as const } };
    await aws.ecr.send(new CreateRepositoryCommand({ ...made, tags: [{ Key: 'mip:managed-by', Value: 'mip' }] }));
    const { refusals, changes } = (await plan(aws, input([algorithm('seg'), algorithm('new')]))).plan;
    expect(refusals.map(({ reason }) => reason)).toEqual([
      "mip-new is encrypted with KMS, and a repository's encryption cannot be changed",
    ]);
    expect(changes).toEqual([]);
  });
});

it('a repository that comes back from retirement holds its image, also when the run was killed half-way', async () => {
  const [stay, both] = [input([algorithm('stay')]), input([algorithm('seg'), algorithm('stay')])];
  for (let number = 1; number < 40; number++) {
    const aws = new MemoryAws();
    await run(aws, both);
    await settle(aws, stay);
    aws.memory.ecr.repositories.get('mip-seg')?.images.clear(); // purged
    aws.world.now += 60_000;
    aws.world.restart();
    aws.world.killAt = { number, when: 'after' };
    await rerun(aws, both).catch((error) => expect(error).toBeInstanceOf(Killed));
    await run(aws, both);
    const { images, tags } = aws.memory.ecr.repositories.get('mip-seg') ?? {};
    expect([...(images?.keys() ?? [])], `killed after call ${number}`).toEqual(['v1.0.0']);
    expect('mip:retired' in (tags ?? {}), `killed after call ${number}`).toBe(false);
  }
});
