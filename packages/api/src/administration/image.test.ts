import { checkPlatform } from '@mip/catalog/check';
import { parseDocument } from '@mip/catalog/document';
import { describe, expect, it } from 'vitest';
import { ACCOUNT_REGISTRY, DIGEST, PLATFORM } from '../testing/memory-catalog.ts';
import { type ImageName, pinImage } from './image.ts';

const { item: platform } = checkPlatform(parseDocument(PLATFORM, 'clinic.yaml'));
const OTHER = `sha256:${'b'.repeat(64)}`;

/** What comes of an image's name, and what was asked of which registry. */
async function pinned(uri: string, digest: string | undefined = DIGEST, platforms = [platform]) {
  const asked: ImageName[] = [];
  const found = await pinImage(uri, platforms, {
    digest: async (image) => {
      asked.push(image);
      return digest;
    },
  });
  return { found, asked };
}

const image = (reference: ImageName['reference']) => ({
  account: '123456789012',
  region: 'eu-central-1',
  repository: 'clinic/seg',
  reference,
});

describe('an image of an ECR', () => {
  it.each<[string, ImageName['reference'], object]>([
    [':v1', { tag: 'v1' }, { tag: 'v1' }],
    ['', { tag: 'latest' }, { tag: 'latest' }],
    [`@${DIGEST}`, { digest: DIGEST }, {}],
    [`:v1@${DIGEST}`, { digest: DIGEST }, {}],
  ])('named …%s is looked up, and gets its digest', async (end, reference, more) => {
    expect(await pinned(`${ACCOUNT_REGISTRY}/clinic/seg${end}`)).toEqual({
      found: { uri: `${ACCOUNT_REGISTRY}/clinic/seg@${DIGEST}`, ...more },
      asked: [image(reference)],
    });
  });

  it('that is not there has a fault', async () => {
    const registries = { digest: async () => undefined };
    expect((await pinImage(`${ACCOUNT_REGISTRY}/clinic/seg:v1`, [platform], registries)).fault).toMatch(/is not in its registry/);
  });
});

describe('nobody is asked', () => {
  it.each([
    ['a registry that is not allowed', 'evil.example/seg:v1'],
    ['the ECR of an account that is not allowed', '999999999999.dkr.ecr.eu-central-1.amazonaws.com/seg:v1'],
    ['a region that the platform is not in', '123456789012.dkr.ecr.us-east-1.amazonaws.com/seg:v1'],
    ['another registry', 'ghcr.io/clinic/seg:v1'],
    ['another registry, by digest', `ghcr.io/clinic/seg@${OTHER}`],
    ['no registry', 'seg:v1'],
    ['an address', 'https://ghcr.io/clinic/seg'],
    ['a very long name', `ghcr.io/${'a/'.repeat(100_000)}`],
  ])('about %s', async (_, uri) => {
    expect((await pinned(uri)).asked).toEqual([]);
  });

  it('about an image that one of two platforms does not allow', async () => {
    const strict = { ...platform, images: { ...platform.images, allowed_registries: [] }, account: '210987654321' };
    expect((await pinned(`${ACCOUNT_REGISTRY}/clinic/seg:v1`, DIGEST, [platform, strict])).asked).toEqual([]);
  });
});
