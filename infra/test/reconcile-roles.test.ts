import { LIMITS } from '@mip/registry/limits';
import { physicalNames } from '@mip/registry/names';
import { describe, expect, test } from 'vitest';
import { allows, managedStatementsOf, type Request, statementsOf } from './policies.ts';
import { PLATFORM, synthesise } from './synthesised.ts';

const aws = synthesise(PLATFORM, false);
const names = physicalNames({ prefix: 'rad', account: '123456789012', region: 'eu-north-1', platform: 'north' });
const plan = statementsOf(aws, names.planRole);
const apply = statementsOf(aws, names.applyRole);
const build = statementsOf(aws, names.buildRole);
const scale = statementsOf(aws, names.scaleRole);

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
const target = 'arn:aws:application-autoscaling:eu-north-1:123456789012:scalable-target/0ec5';
const ofTasks = {
  'application-autoscaling:service-namespace': 'ecs',
  'application-autoscaling:scalable-dimension': 'ecs:service:DesiredCount',
};
const scalingRole =
  'arn:aws:iam::123456789012:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService';
const table = (name: string) => `arn:aws:dynamodb:eu-north-1:123456789012:table/rad-${name}`;

type Row = readonly [action: string, resource: string, context?: Request['context']];

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
  ['application-autoscaling:RegisterScalableTarget', target, { ...made, ...ofTasks }],
  ['application-autoscaling:TagResource', target, made],
  ['application-autoscaling:RegisterScalableTarget', target, { ...owned, ...ofTasks }],
  ['application-autoscaling:PutScalingPolicy', target, { ...owned, ...ofTasks }],
  ['application-autoscaling:DeregisterScalableTarget', target, { ...owned, ...ofTasks }],
  ['iam:CreateServiceLinkedRole', scalingRole, { 'iam:AWSServiceName': 'ecs.application-autoscaling.amazonaws.com' }],
  ['dynamodb:UpdateItem', table('algorithms')],
  ['dynamodb:UpdateItem', table('leases')],
  ['s3:PutObject', `${names.bucketArn('reconciles')}/run.json`],
  ['ecs:RunTask', revision, { ...made, ...here }],
  ['ecs:StopTask', 'arn:aws:ecs:eu-north-1:123456789012:task/rad-cluster/1', { ...owned, ...here }],
  ['sqs:SendMessage', names.queueArn(names.candidateQueue('seg')), owned],
  ['dynamodb:PutItem', table('jobs'), { 'dynamodb:LeadingKeys': ['mip-conformance'] }],
  ['s3:PutObject', `${names.bucketArn('images')}/conformance/${'0'.repeat(64)}.dcm`],
  ['s3:GetObject', `${names.bucketArn('results')}/quarantine/seg/a/result-0001.dcm`],
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
  ['iam:CreateServiceLinkedRole', scalingRole, { 'iam:AWSServiceName': 'elasticmapreduce.amazonaws.com' }],
  // To touch what is another's.
  ['application-autoscaling:RegisterScalableTarget', target, { ...ofAnother, ...ofTasks }],
  [
    'application-autoscaling:RegisterScalableTarget',
    target,
    { ...made, ...ofTasks, 'application-autoscaling:service-namespace': 'dynamodb' },
  ],
  ['application-autoscaling:DeregisterScalableTarget', target, ofTasks],
  ['application-autoscaling:PutScalingPolicy', target, { ...ofAnother, ...ofTasks }],
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
  ['dynamodb:GetItem', table('jobs'), { 'dynamodb:LeadingKeys': ['clinic-a'] }],
  ['dynamodb:UpdateItem', table('jobs'), { 'dynamodb:LeadingKeys': ['mip-conformance', 'clinic-a'] }],
  ['dynamodb:GetItem', table('clients')],
  ['ecs:RunTask', revision, { ...made, 'ecs:cluster': 'arn:aws:ecs:eu-north-1:123456789012:cluster/other' }],
  ['ecs:RunTask', 'arn:aws:ecs:eu-north-1:123456789012:task-definition/payroll:3', { ...made, ...here }],
  ['ecs:StopTask', 'arn:aws:ecs:eu-north-1:123456789012:task/rad-cluster/1', { ...ofAnother, ...here }],
  ['sqs:SendMessage', queue, owned],
  ['s3:PutObject', `${names.bucketArn('images')}/instances/a/b/c.dcm`],
  ['s3:PutObject', `${names.bucketArn('results')}/quarantine/seg/x`],
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

/** What the build action does in the registry of images, and nothing beyond. */
const BUILD_ALLOWED: readonly Row[] = [
  ['ecr:GetAuthorizationToken', '*'],
  ['ecr:CreateRepository', repository, made],
  ['ecr:PutLifecyclePolicy', repository, owned],
  ['ecr:InitiateLayerUpload', repository, owned],
  ['ecr:UploadLayerPart', repository, owned],
  ['ecr:CompleteLayerUpload', repository, owned],
  ['ecr:BatchCheckLayerAvailability', repository, owned],
  ['ecr:PutImage', repository, owned],
  ['dynamodb:UpdateItem', table('leases')],
  ['s3:PutObject', `${names.bucketArn('reconciles')}/run.json`],
];

const BUILD_DENIED: readonly Row[] = [
  ['ecr:PutImage', repository],
  ['ecr:PutImage', repository, ofAnother],
  ['ecr:PutImage', 'arn:aws:ecr:eu-north-1:123456789012:repository/website', owned],
  ['ecr:PutImage', repository.replace('eu-north-1', 'eu-west-1'), owned],
  ['ecr:CreateRepository', 'arn:aws:ecr:eu-north-1:123456789012:repository/website', made],
  ['ecr:BatchDeleteImage', repository, owned],
  ['ecr:DeleteRepository', repository, owned],
  ['ecr:SetRepositoryPolicy', repository, owned],
  // What runs, and as whom, is apply's.
  ['dynamodb:UpdateItem', table('algorithms')],
  ['ecs:RegisterTaskDefinition', revision, made],
  ['ecs:UpdateService', service, { ...owned, ...here }],
  ['sqs:CreateQueue', queue, made],
  ['iam:CreateRole', role, { ...made, ...bounded }],
  ['iam:PassRole', role, toEcs],
];

const ofOurs = { 'ecs:task-definition': revision };
const override = { 'dynamodb:Attributes': ['algorithm_name', 'managed_by', 'scale_override'] };

const SCALE_ALLOWED: readonly Row[] = [
  ['dynamodb:UpdateItem', table('algorithms'), override],
  ['ecs:UpdateService', service, { ...owned, ...here, ...ofOurs }],
  ['ecs:UpdateService', service, { ...owned, ...here }],
  ['ecs:DescribeServices', service, here],
  ['ecs:TagResource', service, { ...owned, 'aws:TagKeys': ['mip:scaling-hash'] }],
  ['application-autoscaling:RegisterScalableTarget', target, { ...owned, ...ofTasks }],
  ['application-autoscaling:PutScheduledAction', target, { ...owned, ...ofTasks }],
  ['application-autoscaling:DeleteScheduledAction', target, { ...owned, ...ofTasks }],
  ['dynamodb:UpdateItem', table('leases')],
];

const SCALE_DENIED: readonly Row[] = [
  // The row says which image answers clients.
  ['dynamodb:UpdateItem', table('algorithms'), { 'dynamodb:Attributes': ['algorithm_name', 'image_uri'] }],
  ['dynamodb:UpdateItem', table('algorithms'), { 'dynamodb:Attributes': ['algorithm_name', 'managed_by', 'scale_override', 'queue_url'] }],
  ['dynamodb:PutItem', table('algorithms'), override],
  ['dynamodb:DeleteItem', table('algorithms'), override],
  ['dynamodb:UpdateItem', table('jobs'), override],
  [
    'ecs:UpdateService',
    service,
    { ...owned, ...here, 'ecs:task-definition': 'arn:aws:ecs:eu-north-1:123456789012:task-definition/payroll:3' },
  ],
  ['ecs:UpdateService', service, { ...ofAnother, ...here, ...ofOurs }],
  ['ecs:UpdateService', service.replace('rad-cluster', 'other'), { ...owned, ...here, ...ofOurs }],
  ['ecs:TagResource', service, { 'aws:TagKeys': ['mip:scaling-hash'] }],
  ['ecs:TagResource', service, { ...ofAnother, 'aws:TagKeys': ['mip:scaling-hash'] }],
  ['ecs:TagResource', service, { ...owned, 'aws:TagKeys': ['mip:spec-hash'] }],
  ['ecs:TagResource', service, { ...owned, 'aws:TagKeys': ['mip:scaling-hash', 'mip:managed-by'] }],
  ['application-autoscaling:RegisterScalableTarget', target, { ...made, ...ofTasks }],
  ['application-autoscaling:PutScheduledAction', target, { ...ofAnother, ...ofTasks }],
  ['application-autoscaling:PutScalingPolicy', target, { ...owned, ...ofTasks }],
  ['application-autoscaling:DeregisterScalableTarget', target, { ...owned, ...ofTasks }],
  ['s3:PutObject', `${names.bucketArn('reconciles')}/run.json`],
  ['sqs:GetQueueAttributes', queue],
  ['ecs:CreateService', service, { ...made, ...here }],
  ['ecs:DeleteService', service, { ...owned, ...here }],
  ['ecs:RegisterTaskDefinition', revision, made],
  ['ecr:PutImage', repository, owned],
  ['sqs:SetQueueAttributes', queue, owned],
  ['iam:PassRole', role, toEcs],
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

  test.each([names.applyRole, names.buildRole, names.scaleRole])('the inline policies of %s fit', (roleName) => {
    const role = aws.resources('AWS::IAM::Role').find(({ Properties }) => Properties.RoleName === roleName);
    const documents: unknown[] = role?.Properties.Policies.map((policy: { PolicyDocument: unknown }) => policy.PolicyDocument);
    expect(documents).toHaveLength(1);
    expect(documents.map((document) => JSON.stringify(document)).join('').length).toBeLessThan(LIMITS.iam.inlinePolicyCharacters);
  });

  test('the managed policy of what all of them read fits', () => {
    const document = { Version: '2012-10-17', Statement: managedStatementsOf(aws, names.readPolicy) };
    expect(JSON.stringify(document).length).toBeLessThan(LIMITS.iam.managedPolicyCharacters);
  });
});

describe.each([
  ['build', build, BUILD_ALLOWED, BUILD_DENIED],
  ['scale', scale, SCALE_ALLOWED, SCALE_DENIED],
] as const)('the %s role', (_, statements, allowed, denied) => {
  test.each(requests(allowed))('may $action $resource $context', (request) => {
    expect(allows(statements, request)).toBe(true);
  });

  test.each(requests(denied))('may not $action $resource $context', (request) => {
    expect(allows(statements, request)).toBe(false);
  });

  test.each(requests(DENIED))('may not what apply may not: $action $resource $context', (request) => {
    expect(allows(statements, request)).toBe(false);
  });
});

test('whoever plans first can read what a plan looks at', () => {
  for (const statements of [build, apply]) expect(statements).toEqual(expect.arrayContaining([...plan]));
});
