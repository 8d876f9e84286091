import { describe, expect, it } from 'vitest';
import { ecrRegistry, parseEcrName } from './ecr.ts';

const REGISTRY = '123456789012.dkr.ecr.eu-north-1.amazonaws.com';
const DIGEST = `sha256:${'ab'.repeat(32)}`;

describe('a name in an ECR', () => {
  it.each([
    ['', ''],
    ['/seg', 'seg'],
    ['/clinic/seg', 'clinic/seg'],
    ['/clinic/seg:v1', 'clinic/seg'],
    [`/seg@${DIGEST}`, 'seg'],
    [`/clinic/seg:v1@${DIGEST}`, 'clinic/seg'],
  ])('…%s is read in its parts', (rest, repository) => {
    expect(parseEcrName(`${REGISTRY}${rest}`)).toEqual({ account: '123456789012', region: 'eu-north-1', repository });
  });

  it('is written as it is read', () => {
    expect(ecrRegistry('123456789012', 'eu-north-1')).toBe(REGISTRY);
  });

  it.each([
    '',
    'seg',
    `ghcr.io/seg@${DIGEST}`,
    'localhost:4566/seg',
    `x${REGISTRY}/seg`,
    `12345.dkr.ecr.eu-north-1.amazonaws.com/seg`,
    `${REGISTRY}.evil.example/seg`,
    `${REGISTRY}:443/seg`,
    `${REGISTRY}/`,
    `${REGISTRY}@${DIGEST}`,
    `evil.example/${REGISTRY}/seg`,
    `123456789012.dkr.ecr.a/b.amazonaws.com/seg`,
  ])('is not %j', (name) => {
    expect(parseEcrName(name)).toBeUndefined();
  });
});
