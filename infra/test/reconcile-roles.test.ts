import { LIMITS } from '@mip/registry/limits';
import { physicalNames } from '@mip/registry/names';
import { describe, expect, test } from 'vitest';
import type { Platform } from '../lib/platform.ts';
import { allows, statementsOf } from './policies.ts';
import { LOCAL, PLATFORM, type Synthesised, synthesise, synthesiseAll } from './synthesised.ts';

const aws = synthesise(PLATFORM, false);
const names = physicalNames({ prefix: 'rad', account: '123456789012', region: 'eu-north-1', platform: 'north' });
const plan = statementsOf(aws, names.planRole);
const apply = statementsOf(aws, names.applyRole);

const made = { 'aws:RequestTag/mip:managed-by': 'mip' };
const owned = { 'aws:ResourceTag/mip:managed-by': 'mip' };
const ofAnother = { 'aws:ResourceTag/mip:managed-by': 'another-catalog' };
const bounded = { 'iam:PermissionsBoundary': names.policyArn(names.taskBoundary) };
const toEcs = { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' };
const here = { 'ecs:cluster': 'arn:aws:ecs:eu-north-1:123456789012:cluster/rad-cluster' };

const role = names.roleArn(names.taskRole('seg'));
const queue = names.queueArn(names.requestQueue('seg'));
const repository = 'arn:aws:ecr:eu-north-1:123456789012:repository/rad-seg';
const service = 'arn:aws:ecs:eu-north-1:123456789012:service/rad-cluster/rad-seg';
const revision = 'arn:aws:ecs:eu-north-1:123456789012:task-definition/rad-seg:7';
const table = (name: string) => `arn:aws:dynamodb:eu-north-1:123456789012:table/rad-${name}`;

type Row = readonly [action: string, resource: string, context?: Readonly<Record<string, string>>];

const ALLOWED: readonly Row[] = [
  ['iam:CreateRole', role, { ...made, ...bounded }],
  ['iam:TagRole', role, made],
  ['iam:PutRolePolicy', role, { ...owned, ...bounded }],
  ['iam:PutRolePermissionsBoundary', role, { ...owned, ...bounded }],
  ['iam:DeleteRole', role, owned],
  ['iam:PassRole', role, toEcs],
  ['iam:PassRole', names.roleArn(names.executionRole), toEcs],
  ['iam:PassRole', names.roleArn(names.classRole('standard')), toEcs],
  ['sqs:CreateQueue', queue, made],
  ['sqs:TagQueue', queue, made],
  ['sqs:TagQueue', queue, { ...owned, 'aws:RequestTag/mip:withdrawn': 'now' }],
  ['sqs:DeleteQueue', queue, owned],
  ['ecr:CreateRepository', repository, made],
  ['ecr:TagResource', repository, owned],
  ['ecr:PutLifecyclePolicy', repository, owned],
  ['ecs:RegisterTaskDefinition', revision, made],
  ['ecs:TagResource', revision, made],
  ['ecs:CreateService', service, { ...made, ...here }],
  ['ecs:UpdateService', service, { ...owned, ...here }],
  ['dynamodb:UpdateItem', table('algorithms')],
  ['dynamodb:UpdateItem', table('leases')],
  ['s3:PutObject', `${names.bucketArn('reconciles')}/run.json`],
];

const DENIED: readonly Row[] = [
  // To become more than it is.
  ['iam:CreateRole', role, made],
  ['iam:CreateRole', role, { ...made, 'iam:PermissionsBoundary': 'arn:aws:iam::aws:policy/AdministratorAccess' }],
  ['iam:CreateRole', 'arn:aws:iam::123456789012:role/rad-eu-north-1-seg-task', { ...made, ...bounded }],
  ['iam:CreateRole', 'arn:aws:iam::123456789012:role/mip/south/rad-eu-north-1-seg-task', { ...made, ...bounded }],
  ['iam:PutRolePolicy', role, owned],
  ['iam:PutRolePolicy', role, bounded],
  ['iam:PutRolePolicy', names.roleArn(names.applyRole), { ...owned, ...bounded }],
  ['iam:PutRolePolicy', names.roleArn(names.executionRole), { ...owned, ...bounded }],
  ['iam:PutRolePolicy', names.roleArn(names.classRole('standard')), { ...owned, ...bounded }],
  ['iam:UpdateAssumeRolePolicy', names.roleArn(names.applyRole), owned],
  ['iam:DeleteRolePermissionsBoundary', role, { ...owned, ...bounded }],
  ['iam:AttachRolePolicy', role, { ...owned, ...bounded }],
  ['iam:CreatePolicyVersion', names.policyArn(names.taskBoundary), owned],
  ['iam:PassRole', role, { 'iam:PassedToService': 'lambda.amazonaws.com' }],
  ['iam:PassRole', names.roleArn(names.applyRole), toEcs],
  ['sts:AssumeRole', role],
  // To touch what is another's.
  ['iam:DeleteRole', role, ofAnother],
  ['sqs:CreateQueue', queue, { 'aws:RequestTag/mip:managed-by': 'another-catalog' }],
  ['sqs:DeleteQueue', queue],
  ['sqs:DeleteQueue', queue, ofAnother],
  ['sqs:DeleteQueue', 'arn:aws:sqs:eu-north-1:123456789012:rad-results.fifo', owned],
  ['sqs:SetQueueAttributes', names.queueArn(names.requestQueue('seg')).replace('eu-north-1', 'eu-west-1'), owned],
  ['ecr:PutLifecyclePolicy', repository, ofAnother],
  ['ecs:UpdateService', service, { ...owned, 'ecs:cluster': 'arn:aws:ecs:eu-north-1:123456789012:cluster/other' }],
  ['ecs:DeleteService', 'arn:aws:ecs:eu-north-1:123456789012:service/other/rad-seg', { ...owned, ...here }],
  ['dynamodb:UpdateItem', table('jobs')],
  ['dynamodb:GetItem', table('clients')],
  // What nobody has to do.
  ['ecr:DeleteRepository', repository, owned],
  ['ecr:BatchDeleteImage', repository, owned],
  ['sqs:PurgeQueue', queue, owned],
  ['sqs:ReceiveMessage', queue, owned],
  ['s3:DeleteObject', `${names.bucketArn('reconciles')}/run.json`],
  ['s3:GetObject', `${names.bucketArn('images')}/some-key`],
  ['s3:GetObject', `${names.bucketArn('results')}/algorithms/seg/jobs/a/b/result-0001.dcm`],
  ['ssm:GetParameter', 'arn:aws:ssm:eu-north-1:123456789012:parameter/rad/admin/key'],
  ['secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:eu-north-1:123456789012:secret:rad/images/key-AbCdEf'],
];

const requests = (rows: readonly Row[]) => rows.map(([action, resource, context = {}]) => ({ action, resource, context }));

describe('the apply role', () => {
  test.each(requests(ALLOWED))('may $action $resource $context', (request) => {
    expect(allows(apply, request)).toBe(true);
    expect(allows(plan, request)).toBe(false);
  });

  test.each(requests(DENIED))('may not $action $resource $context', (request) => {
    expect(allows(apply, request)).toBe(false);
  });

  test('may make the role of a name that was cut at the limit of IAM, and no longer one', () => {
    const scope = { prefix: 'rad-hospital', account: '123456789012', region: 'ap-southeast-1', platform: 'north' };
    const long = physicalNames(scope);
    const statements = statementsOf(synthesise({ ...PLATFORM, prefix: scope.prefix, regions: [scope.region] }, false), long.applyRole);
    const context = { ...made, 'iam:PermissionsBoundary': long.policyArn(long.taskBoundary) };
    const name = long.taskRole('a'.repeat(36));
    expect(name).toHaveLength(64);
    expect(allows(statements, { action: 'iam:CreateRole', resource: long.roleArn(name), context })).toBe(true);
    expect(allows(statements, { action: 'iam:CreateRole', resource: long.roleArn(`${name}0`), context })).toBe(false);
  });

  test('its inline policies fit', () => {
    const role = aws.resources('AWS::IAM::Role').find(({ Properties }) => Properties.RoleName === names.applyRole);
    const documents: unknown[] = role?.Properties.Policies.map((policy: { PolicyDocument: unknown }) => policy.PolicyDocument);
    expect(documents.map((document) => JSON.stringify(document)).join('').length).toBeLessThan(LIMITS.iam.inlinePolicyCharacters);
  });
});

describe('who takes on the roles of reconcile', () => {
  const github = { repository: 'octo-org/catalog', environment: 'clinic', branch: 'trunk' };
  const provider = 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com';
  const token = (sub: string | string[]) => ({
    StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com', 'token.actions.githubusercontent.com:sub': sub },
  });

  test('plan: pull requests and the branch', () => {
    expect(trust({ ...PLATFORM, github }, names.planRole)).toEqual([
      {
        Action: 'sts:AssumeRoleWithWebIdentity',
        Effect: 'Allow',
        Principal: { Federated: provider },
        Condition: token(['repo:octo-org/catalog:pull_request', 'repo:octo-org/catalog:ref:refs/heads/trunk']),
      },
    ]);
  });

  test('apply: the environment alone', () => {
    const [statement, ...others] = trust({ ...PLATFORM, github }, names.applyRole);
    expect(others).toEqual([]);
    expect([statement.Condition]).toEqual([token(['repo:octo-org/catalog:environment:clinic'])]);
  });

  test('what the platform file leaves out is as its schema says', () => {
    const platform = { ...PLATFORM, github: { repository: 'octo-org@1/catalog@2' } };
    const subjects = [names.planRole, names.applyRole].flatMap(
      (role) => trust(platform, role)[0].Condition.StringEquals['token.actions.githubusercontent.com:sub'],
    );
    expect(subjects).toEqual(
      ['pull_request', 'ref:refs/heads/main', 'environment:production'].map((subject) => `repo:octo-org@1/catalog@2:${subject}`),
    );
  });

  test.each([names.planRole, names.applyRole])('without GitHub %s is for whom the account allows', (role) => {
    const [statement, ...others] = trust(PLATFORM, role);
    expect(others).toEqual([]);
    expect(statement).toMatchObject({ Action: 'sts:AssumeRole', Effect: 'Allow' });
    expect(JSON.stringify(statement.Principal)).toContain(':iam::123456789012:root');
  });

  test('a session lasts an hour', () => {
    const roles = aws.resources('AWS::IAM::Role').filter(({ Properties }) => /reconcile/.test(Properties.RoleName));
    expect(roles.map(({ Properties }) => Properties.MaxSessionDuration)).toEqual([3600, 3600]);
  });

  test.each([
    [undefined, [0, 0]],
    [{ ...github }, [0, 0]],
    [{ ...github, create_provider: true }, [1, 0]],
  ])('the provider is made once an account, and only where asked for: %j', (asked, count) => {
    const stacks = synthesiseAll({ ...PLATFORM, regions: ['eu-north-1', 'eu-west-1'], ...(asked && { github: asked }) }, false);
    expect(stacks.map((stack) => stack.resources('AWS::IAM::OIDCProvider').length)).toEqual(count);
  });

  test('the local cloud goes without the provider and keeps the roles', () => {
    const local = synthesise({ ...LOCAL, github: { ...github, create_provider: true } }, true);
    expect(local.removed.map(({ type }) => type)).toContain('AWS::IAM::OIDCProvider');
    expect(statementsOf(local, names.applyRole)).toEqual(apply);
  });
});

function trust(platform: Platform, role: string) {
  const of: Synthesised = synthesise(platform, false);
  const found = of.resources('AWS::IAM::Role').find(({ Properties }) => Properties.RoleName === role);
  return found?.Properties.AssumeRolePolicyDocument.Statement;
}
