import { physicalNames } from '@mip/registry/names';
import { describe, expect, test } from 'vitest';
import type { Platform } from '../lib/platform.ts';
import { allows, statementsOf } from './policies.ts';
import { LOCAL, PLATFORM, synthesise, synthesiseAll, synthesiseDelivery, synthesisedApp } from './synthesised.ts';

const GITHUB = { repository: 'octo-org/catalog', create_provider: true };
const TWO: Platform = { ...PLATFORM, regions: ['eu-north-1', 'eu-west-1'], github: GITHUB };
const names = physicalNames({ prefix: 'rad', account: '123456789012', region: 'eu-north-1', platform: 'north' });

function delivered(platform: Platform) {
  const stack = synthesiseDelivery(platform, false);
  if (stack === undefined) throw new Error('no delivery stack');
  return stack;
}

const types = (platform: Platform) =>
  delivered(platform)
    .resources()
    .map(({ Type }) => Type);

describe('the delivery stack', () => {
  test('is one, in the home region, and before the stacks of all regions', () => {
    const { delivery, stacks } = synthesisedApp(TWO, false);
    expect([delivery?.stackName, delivery?.region, delivery?.account]).toEqual(['rad-north-delivery', 'eu-north-1', '123456789012']);
    expect(stacks.map(({ dependencies }) => dependencies)).toEqual([[delivery], [delivery]]);
  });

  test('holds what an account has once, and the stacks of the regions do not', () => {
    expect(types(TWO)).toEqual(['AWS::IAM::OIDCProvider', 'AWS::IAM::Role']);
    expect(synthesiseAll(TWO, false).map((stack) => stack.resources('AWS::IAM::OIDCProvider'))).toEqual([[], []]);
  });

  test('makes the provider only where it is asked for: an account holds one', () => {
    expect(types({ ...TWO, github: { ...GITHUB, create_provider: false } })).toEqual(['AWS::IAM::Role']);
    expect(types({ ...TWO, github: { repository: GITHUB.repository } })).toEqual(['AWS::IAM::Role']);
  });

  test("the provider is GitHub's, for tokens meant for AWS, and outlives the stack", () => {
    const [provider] = delivered(TWO).resources('AWS::IAM::OIDCProvider');
    expect(provider?.Properties).toMatchObject({
      Url: 'https://token.actions.githubusercontent.com',
      ClientIdList: ['sts.amazonaws.com'],
    });
    expect([provider?.DeletionPolicy, provider?.UpdateReplacePolicy]).toEqual(['RetainExceptOnCreate', 'Retain']);
  });

  test('says which role it made', () => {
    expect(Object.values(delivered(TWO).template.toJSON().Outputs)).toEqual([{ Value: names.roleArn(names.deployRole) }]);
  });

  test('is not there without a repository', () => {
    expect(synthesisedApp(PLATFORM, false).delivery).toBeUndefined();
  });
});

describe('the deploy role', () => {
  const deploy = statementsOf(delivered(TWO), names.deployRole);
  const bootstrapped = (name: string) => `arn:aws:iam::123456789012:role/cdk-hnb659fds-${name}`;

  test.each([
    ['sts:AssumeRole', bootstrapped('deploy-role-123456789012-eu-north-1')],
    ['sts:AssumeRole', bootstrapped('file-publishing-role-123456789012-eu-west-1')],
    ['sts:AssumeRole', bootstrapped('lookup-role-123456789012-eu-west-1')],
    ['ssm:GetParameter', 'arn:aws:ssm:eu-west-1:123456789012:parameter/cdk-bootstrap/hnb659fds/version'],
  ])('may %s %s', (action, resource) => {
    expect(allows(deploy, { action, resource })).toBe(true);
  });

  test.each([
    ['sts:AssumeRole', bootstrapped('cfn-exec-role-123456789012-eu-north-1')],
    ['sts:AssumeRole', bootstrapped('deploy-role-123456789012-us-east-1')],
    ['sts:AssumeRole', bootstrapped('deploy-role-999999999999-eu-north-1')],
    ['sts:AssumeRole', names.roleArn(names.applyRole)],
    ['sts:AssumeRole', 'arn:aws:iam::123456789012:role/admin'],
    ['iam:PassRole', bootstrapped('cfn-exec-role-123456789012-eu-north-1')],
    ['cloudformation:CreateStack', 'arn:aws:cloudformation:eu-north-1:123456789012:stack/rad-north/1'],
    ['ssm:GetParameter', 'arn:aws:ssm:eu-north-1:123456789012:parameter/rad/admin/key'],
  ])('may not %s %s', (action, resource) => {
    expect(allows(deploy, { action, resource })).toBe(false);
  });
});

describe('an emulator', () => {
  const local = { ...LOCAL, github: GITHUB };

  test('never gets the delivery stack, nor the provider in another, and that is told', () => {
    const { delivery, stacks, removed } = synthesisedApp(local, true);
    expect(delivery).toBeUndefined();
    expect(stacks.map(({ dependencies }) => dependencies)).toEqual([[]]);
    expect(synthesise(local, true).resources('AWS::IAM::OIDCProvider')).toEqual([]);
    expect(removed()).toContainEqual({ type: 'AWS::CloudFormation::Stack', path: 'rad-north-delivery' });
  });

  test('has the other roles as AWS has them', () => {
    const aws = { ...LOCAL, github: GITHUB };
    const roles = (emulated: boolean) => synthesise(aws, emulated).resources('AWS::IAM::Role');
    expect(roles(true)).toEqual(roles(false));
  });
});
