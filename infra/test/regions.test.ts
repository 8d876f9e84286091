import { describe, expect, test } from 'vitest';
import { synthesiseAll, WITH_IMAGE_STORE } from './synthesised.ts';

/** Services whose names hold for the whole account, whatever the region; a bucket's hold for the whole world. */
const GLOBAL: Readonly<Record<string, string>> = {
  'AWS::IAM::Role': 'RoleName',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::S3::Bucket': 'BucketName',
};

/** From a registry of no region. */
const STORE = {
  ...WITH_IMAGE_STORE.image_store,
  image_uri: `ghcr.io/mip/dicomweb@sha256:${'ab'.repeat(32)}`,
  cpu: 1024,
  memory: 2048,
  tasks: 2,
};

describe('a platform of two regions', () => {
  const stacks = synthesiseAll({ ...WITH_IMAGE_STORE, image_store: STORE, regions: ['eu-north-1', 'eu-west-1'] }, false);
  const named = (type: string) =>
    stacks.map((stack) => stack.resources(type).flatMap(({ Properties }) => Properties[GLOBAL[type] ?? ''] ?? []));

  test('is two stacks of the same resources', () => {
    const [home, second] = stacks.map((stack) => stack.resources().map(({ Type }) => Type));
    expect(stacks).toHaveLength(2);
    expect(second).toEqual(home);
  });

  test.each(Object.keys(GLOBAL))('no name of %s is used twice', (type) => {
    const [home = [], second = []] = named(type);
    expect(home.length).toBeGreaterThan(0);
    expect(second).toHaveLength(home.length);
    expect(new Set([...home, ...second]).size).toBe(home.length + second.length);
  });

  test('a policy by name is in no stack: it would hold for both', () => {
    const inline = stacks.flatMap((stack) => stack.resources('AWS::IAM::Policy'));
    expect(inline.every(({ Properties }) => Properties.Roles.length === 1 && Properties.Roles[0].Ref !== undefined)).toBe(true);
  });

  test('no right of one region reaches into the other', () => {
    expect(stacks[0]?.text).not.toContain('eu-west-1');
    expect(stacks[1]?.text).not.toContain('eu-north-1');
  });
});
