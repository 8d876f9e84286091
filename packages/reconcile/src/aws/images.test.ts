import { beforeEach, describe, expect, it } from 'vitest';
import { algorithm, input, run, treeHash } from '../testing/fixtures.ts';
import { MemoryAws } from '../testing/memory-aws.ts';
import { findImage, tagImage } from './images.ts';
import { registryLogin } from './registry-login.ts';

let aws: MemoryAws;

/** Repository `mip-seg` with `v1.0.0`. */
beforeEach(async () => {
  aws = new MemoryAws();
  await run(aws, input([algorithm('seg')]));
});

describe('a tag', () => {
  it('points at an image that was pushed by its digest', async () => {
    const digest = aws.memory.ecr.pushByDigest('mip-seg', treeHash('seg', 2));
    await tagImage(aws.ecr, 'mip-seg', digest, 'v1.1.0');
    expect(await findImage(aws.ecr, 'mip-seg', 'v1.1.0')).toEqual({ digest, treeHash: treeHash('seg', 2) });
  });

  it('of a version never moves, and the sentence says what to do', async () => {
    const digest = aws.memory.ecr.pushByDigest('mip-seg', treeHash('seg', 2));
    await expect(tagImage(aws.ecr, 'mip-seg', digest, 'v1.0.0')).rejects.toThrow(
      "mip-seg:v1.0.0 is another image already, and a version's tag never moves: release a new version",
    );
    expect((await findImage(aws.ecr, 'mip-seg', 'v1.0.0'))?.treeHash).toBe(treeHash('seg'));
  });

  it('is set twice without harm, and latest moves', async () => {
    const [one, two] = [2, 3].map((edition) => aws.memory.ecr.pushByDigest('mip-seg', treeHash('seg', edition)));
    for (const digest of [one, one, two]) await tagImage(aws.ecr, 'mip-seg', digest as string, 'latest');
    expect((await findImage(aws.ecr, 'mip-seg', 'latest'))?.digest).toBe(two);
  });

  it('cannot point at an image that was not pushed', async () => {
    const digest = `sha256:${'00'.repeat(32)}`;
    await expect(tagImage(aws.ecr, 'mip-seg', digest, 'v2.0.0')).rejects.toThrow(
      `image mip-seg@${digest} is not in ECR: it was not pushed`,
    );
  });
});

describe('a login', () => {
  it('is a name and a password, which may hold a colon', async () => {
    expect(await registryLogin(aws.ecr)).toEqual({ username: 'AWS', password: 'p:ss' });
  });

  it('without a token is a failure in a sentence', async () => {
    const silent = { send: async () => ({ authorizationData: [] }) } as never;
    await expect(registryLogin(silent)).rejects.toThrow('ECR gave no token to log in with');
  });
});
