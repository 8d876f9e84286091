import { physicalNames } from '@mip/registry/names';
import { describe, expect, test } from 'vitest';
import { allows, managedStatementsOf, statementsOf } from './policies.ts';
import { PLATFORM, synthesise } from './synthesised.ts';

const CLASSES = ['standard', 'large-images'];
const aws = synthesise({ ...PLATFORM, roles: { classes: CLASSES } }, false);
const names = physicalNames({ prefix: 'rad', account: '123456789012', region: 'eu-north-1', platform: 'north' });

const QUEUE = 'arn:aws:sqs:eu-north-1:123456789012:rad-seg-requests.fifo';
const DEAD_LETTERS = 'arn:aws:sqs:eu-north-1:123456789012:rad-seg-requests-dlq.fifo';
const RESULTS = 'arn:aws:s3:::rad-123456789012-eu-north-1-results';
const IMAGES = 'arn:aws:s3:::rad-123456789012-eu-north-1-images';
const INDEX = 'arn:aws:dynamodb:eu-north-1:123456789012:table/rad-images';
const JOBS = 'arn:aws:dynamodb:eu-north-1:123456789012:table/rad-jobs';

/** What a worker does (`algorithms/sdk`), and what it never has to. */
const REQUESTS: readonly (readonly [boolean, string, string])[] = [
  [true, 'sqs:ReceiveMessage', QUEUE],
  [true, 'sqs:ChangeMessageVisibility', QUEUE],
  [true, 'sqs:DeleteMessage', QUEUE],
  [true, 'sqs:SendMessage', QUEUE],
  [true, 'sqs:SendMessage', DEAD_LETTERS],
  [true, 'dynamodb:UpdateItem', JOBS],
  [true, 'dynamodb:Query', INDEX],
  [true, 's3:GetObject', `${IMAGES}/some-key`],
  [true, 's3:PutObject', `${RESULTS}/algorithms/seg/jobs/a/b/result-0001.dcm`],
  [true, 's3:GetObject', `${RESULTS}/algorithms/seg/jobs/a/b/result-0001.dcm`],
  [false, 'sqs:ReceiveMessage', DEAD_LETTERS],
  [false, 'sqs:DeleteQueue', QUEUE],
  [true, 'sqs:SendMessage', 'arn:aws:sqs:eu-north-1:123456789012:rad-results.fifo'],
  [false, 'sqs:ReceiveMessage', 'arn:aws:sqs:eu-north-1:123456789012:rad-results.fifo'],
  [false, 'sqs:SendMessage', 'arn:aws:sqs:eu-north-1:123456789012:rad-callbacks'],
  [false, 'sqs:ReceiveMessage', 'arn:aws:sqs:eu-west-1:123456789012:rad-seg-requests.fifo'],
  [false, 'dynamodb:DeleteItem', JOBS],
  [false, 'dynamodb:UpdateItem', 'arn:aws:dynamodb:eu-north-1:123456789012:table/rad-algorithms'],
  [false, 'dynamodb:GetItem', 'arn:aws:dynamodb:eu-north-1:123456789012:table/rad-clients'],
  [false, 's3:PutObject', `${IMAGES}/some-key`],
  [false, 's3:PutObject', `${RESULTS}/jobs/a/b/result-0001.dcm`],
  [false, 's3:DeleteObject', `${RESULTS}/algorithms/seg/jobs/a/b/result-0001.dcm`],
  [false, 's3:ListBucket', RESULTS],
  [false, 's3:ListBucket', IMAGES],
  [false, 'dynamodb:UpdateItem', INDEX],
  [false, 'dynamodb:Query', `${INDEX}/index/by-patient`],
  [false, 'iam:PassRole', names.roleArn(names.taskRole('seg'))],
];

describe('the boundary of task roles', () => {
  const boundary = managedStatementsOf(aws, names.taskBoundary);

  test.each(REQUESTS)('allows %s: %s on %s', (allowed, action, resource) => {
    expect(allows(boundary, { action, resource })).toBe(allowed);
  });

  test('is under the path and name that reconcile gives to its roles', () => {
    const arns = aws
      .resources('AWS::IAM::ManagedPolicy')
      .map(({ Properties }) => `arn:aws:iam::123456789012:policy${Properties.Path}${Properties.ManagedPolicyName}`);
    expect(arns.toSorted()).toEqual([names.readPolicy, names.taskBoundary].map(names.policyArn).toSorted());
  });
});

describe.each(CLASSES)('the role of the class %s', (roleClass) => {
  const statements = statementsOf(aws, names.classRole(roleClass));

  test.each(REQUESTS)('allows %s for a queue of its class: %s on %s', (allowed, action, resource) => {
    expect(allows(statements, { action, resource, context: { 'aws:ResourceTag/mip:role-class': roleClass } })).toBe(allowed);
  });

  test.each([{}, { 'aws:ResourceTag/mip:role-class': 'other' }])('reads no queue with the tags %j', (context) => {
    expect(allows(statements, { action: 'sqs:ReceiveMessage', resource: QUEUE, context })).toBe(false);
    expect(allows(statements, { action: 'sqs:SendMessage', resource: DEAD_LETTERS, context })).toBe(false);
  });

  test('is for ECS tasks of this account and region, under the boundary', () => {
    const [boundary] = aws.resources('AWS::IAM::ManagedPolicy');
    aws.template.hasResourceProperties('AWS::IAM::Role', {
      RoleName: names.classRole(roleClass),
      Path: '/mip/north/',
      PermissionsBoundary: { Ref: boundary?.id },
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Action: 'sts:AssumeRole',
            Effect: 'Allow',
            Principal: { Service: 'ecs-tasks.amazonaws.com' },
            Condition: {
              StringEquals: { 'aws:SourceAccount': '123456789012' },
              ArnLike: { 'aws:SourceArn': 'arn:aws:ecs:eu-north-1:123456789012:*' },
            },
          },
        ],
      },
    });
  });
});

test('a platform that names no classes has the one that entries are of by default', () => {
  expect(() => statementsOf(synthesise(PLATFORM, false), 'rad-eu-north-1-class_standard')).not.toThrow();
});
