/** Each limit one step inside and one step outside. The numbers are AWS's, written out. */
import { describe, expect, it } from 'vitest';
import { rejectionOf } from './rejections.ts';

const a = (length: number) => 'a'.repeat(length);
const list = (length: number) => Array.from({ length }, (_, index) => ({ Id: String(index) }));
const FIFO = { FifoQueue: 'true' };
const queue = (QueueName: string, over: object = {}) => ({ QueueName, Attributes: { ...FIFO, ...over } });
const task = (over: object) => ({ family: 'mip-a', cpu: '256', memory: '512', requiresCompatibilities: ['FARGATE'], ...over });
const upper = (count: number) => Array.from({ length: count }, (_, index) => ({ Key: `k${index}`, Value: '' }));
/** A task definition of that many bytes as JSON. */
const sized = (bytes: number) => {
  const empty = task({ containerDefinitions: [{ image: '' }] });
  return task({ containerDefinitions: [{ image: a(bytes - JSON.stringify(empty).length) }] });
};

const GPU = { resourceRequirements: [{ type: 'GPU', value: '1' }] };
const onGpu = (count: number) => ({ capacityProviderStrategy: Array.from({ length: count }, () => ({ capacityProvider: 'gpu-mip' })) });
const address = (assignPublicIp: string) => ({ networkConfiguration: { awsvpcConfiguration: { assignPublicIp } } });

type Case = readonly [what: string, call: `${string}:${string}`, code: string, refused: object, taken: object];

const TASKS = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount', ResourceId: 'service/mip-cluster/mip-seg' };
const ACTION = { ...TASKS, ScheduledActionName: 'mip-end', Schedule: 'at(2026-01-01T00:00:00)', ScalableTargetAction: { MinCapacity: 1 } };
const tracking = ({ TargetValue = 5, Metrics = [{ Id: 'a' }] as object[] }) => ({
  ...TASKS,
  PolicyType: 'TargetTrackingScaling',
  TargetTrackingScalingPolicyConfiguration: { TargetValue, CustomizedMetricSpecification: { Metrics } },
});

const CASES: readonly Case[] = [
  ['a queue name of 81', 'sqs:CreateQueue', 'InvalidParameterValue', queue(`${a(76)}.fifo`), queue(`${a(75)}.fifo`)],
  ['a queue name with a dot', 'sqs:CreateQueue', 'InvalidParameterValue', queue('a.b.fifo'), queue('a_b-C1.fifo')],
  ['FIFO by attribute only', 'sqs:CreateQueue', 'InvalidParameterValue', queue('a'), { QueueName: 'a' }],
  ['FIFO by name only', 'sqs:CreateQueue', 'InvalidParameterValue', { QueueName: 'a.fifo' }, queue('a.fifo')],
  [
    'more than 12 hours hidden',
    'sqs:CreateQueue',
    'InvalidAttributeValue',
    queue('a.fifo', { VisibilityTimeout: '43201' }),
    queue('a.fifo', { VisibilityTimeout: '43200' }),
  ],
  [
    'more than 14 days kept',
    'sqs:SetQueueAttributes',
    'InvalidAttributeValue',
    { Attributes: { MessageRetentionPeriod: '1209601' } },
    { Attributes: { MessageRetentionPeriod: '1209600' } },
  ],
  [
    'less than a minute kept',
    'sqs:SetQueueAttributes',
    'InvalidAttributeValue',
    { Attributes: { MessageRetentionPeriod: '59' } },
    { Attributes: { MessageRetentionPeriod: '60' } },
  ],
  [
    'a message hidden for more than 12 hours',
    'sqs:ChangeMessageVisibility',
    'InvalidParameterValue',
    { VisibilityTimeout: 43_201 },
    { VisibilityTimeout: 43_200 },
  ],
  ['eleven messages', 'sqs:ReceiveMessage', 'InvalidParameterValue', { MaxNumberOfMessages: 11 }, { MaxNumberOfMessages: 10 }],
  ['a batch of eleven', 'sqs:DeleteMessageBatch', 'TooManyEntriesInBatchRequest', { Entries: list(11) }, { Entries: list(10) }],
  ['a batch of none', 'sqs:SendMessageBatch', 'EmptyBatchRequest', { Entries: [] }, { Entries: list(1) }],
  ['a long message', 'sqs:SendMessage', 'InvalidParameterValue', { MessageBody: a(262_145) }, { MessageBody: a(262_144) }],
  [
    'a long batch',
    'sqs:SendMessageBatch',
    'BatchRequestTooLong',
    { Entries: [{ MessageBody: a(262_144) }, { MessageBody: 'ä' }] },
    { Entries: [{ MessageBody: a(262_142) }, { MessageBody: 'ä' }] },
  ],
  ['a page of 1001 queues', 'sqs:ListQueues', 'InvalidParameterValue', { MaxResults: 1001 }, { MaxResults: 1000 }],
  ['a tag value of 257', 'sqs:TagQueue', 'InvalidParameterValue', { Tags: { 'mip:x': a(257) } }, { Tags: { 'mip:x': a(256) } }],
  ['a service name of 256', 'ecs:CreateService', 'InvalidParameterException', { serviceName: a(256) }, { serviceName: a(255) }],
  ['a family with a dot', 'ecs:RegisterTaskDefinition', 'ClientException', task({ family: 'mip.a' }), task({ family: 'mip_a' })],
  [
    '4096 CPU with 4096 memory',
    'ecs:RegisterTaskDefinition',
    'ClientException',
    task({ cpu: '4096', memory: '4096' }),
    task({ cpu: '4096', memory: '8192' }),
  ],
  [
    '300 CPU',
    'ecs:RegisterTaskDefinition',
    'ClientException',
    task({ cpu: '300' }),
    task({ cpu: '300', requiresCompatibilities: ['EC2'] }),
  ],
  [
    '121 seconds to stop',
    'ecs:RegisterTaskDefinition',
    'ClientException',
    task({ containerDefinitions: [{}, { stopTimeout: 121 }] }),
    task({ containerDefinitions: [{}, { stopTimeout: 120 }] }),
  ],
  ['a task definition of 64 KB and a byte', 'ecs:RegisterTaskDefinition', 'ClientException', sized(65_537), sized(65_536)],
  [
    'a GPU on Fargate',
    'ecs:RegisterTaskDefinition',
    'ClientException',
    task({ containerDefinitions: [GPU] }),
    task({ containerDefinitions: [GPU], requiresCompatibilities: ['EC2'] }),
  ],
  [
    'half a GPU',
    'ecs:RegisterTaskDefinition',
    'ClientException',
    task({ containerDefinitions: [{ resourceRequirements: [{ type: 'GPU', value: '0.5' }] }], requiresCompatibilities: ['EC2'] }),
    task({ containerDefinitions: [GPU], requiresCompatibilities: ['EC2'] }),
  ],
  [
    '127 CPU on an instance',
    'ecs:RegisterTaskDefinition',
    'ClientException',
    task({ cpu: '127', requiresCompatibilities: ['EC2'] }),
    task({ cpu: '128', requiresCompatibilities: ['EC2'] }),
  ],
  [
    'no memory on an instance',
    'ecs:RegisterTaskDefinition',
    'ClientException',
    task({ memory: undefined, containerDefinitions: [{}], requiresCompatibilities: ['EC2'] }),
    task({ memory: undefined, containerDefinitions: [{ memory: 4 }], requiresCompatibilities: ['EC2'] }),
  ],
  ...['CreateService', 'UpdateService', 'RunTask'].flatMap((operation): Case[] => [
    [
      `${operation} by type and by capacity`,
      `ecs:${operation}`,
      'InvalidParameterException',
      { launchType: 'FARGATE', ...onGpu(1) },
      { launchType: 'FARGATE', capacityProviderStrategy: [] },
    ],
    [`${operation} with 21 kinds of capacity`, `ecs:${operation}`, 'InvalidParameterException', onGpu(21), onGpu(20)],
    [
      `${operation} with a place on Fargate`,
      `ecs:${operation}`,
      'InvalidParameterException',
      { launchType: 'FARGATE', placementStrategy: list(1) },
      { ...onGpu(1), placementStrategy: list(1) },
    ],
    [
      `${operation} with six rules of placement`,
      `ecs:${operation}`,
      'InvalidParameterException',
      { ...onGpu(1), placementStrategy: list(6) },
      { ...onGpu(1), placementStrategy: list(5) },
    ],
    [
      `${operation} with a public address on an instance`,
      `ecs:${operation}`,
      'InvalidParameterException',
      { ...onGpu(1), ...address('ENABLED') },
      { ...onGpu(1), ...address('DISABLED') },
    ],
  ]),
  ['eleven services', 'ecs:DescribeServices', 'InvalidParameterException', { services: list(11) }, { services: list(10) }],
  ['eleven tasks at once', 'ecs:RunTask', 'InvalidParameterException', { count: 11 }, { count: 10 }],
  ['who started it in 129', 'ecs:RunTask', 'InvalidParameterException', { startedBy: a(129) }, { startedBy: a(128) }],
  ['who started it with a colon', 'ecs:ListTasks', 'InvalidParameterException', { startedBy: 'a:b' }, { startedBy: 'a/b_c' }],
  ['a client token of 65', 'ecs:RunTask', 'InvalidParameterException', { clientToken: a(65) }, { clientToken: a(64) }],
  ['overrides of 8193', 'ecs:RunTask', 'InvalidParameterException', { overrides: { cpu: a(8183) } }, { overrides: { cpu: a(8182) } }],
  ['two filters', 'ecs:ListTasks', 'InvalidParameterException', { startedBy: 'a', family: 'b' }, { family: 'b' }],
  ['101 tasks', 'ecs:DescribeTasks', 'InvalidParameterException', { tasks: list(101) }, { tasks: list(100) }],
  ['a page of 101 services', 'ecs:ListServices', 'InvalidParameterException', { maxResults: 101 }, { maxResults: 100 }],
  [
    'a tag key of 129',
    'ecs:TagResource',
    'InvalidParameterException',
    { tags: [{ key: a(129), value: '' }] },
    { tags: [{ key: a(128), value: '' }] },
  ],
  ["a tag key of AWS's own", 'ecs:CreateService', 'InvalidParameterException', { tags: [{ key: 'aws:x', value: '' }] }, { tags: [] }],
  ...['a', 'mip-a--b', 'mip-a-', 'Mip', 'm'.repeat(257)].map(
    (repositoryName): Case => [
      `the repository ${repositoryName.slice(0, 9)}`,
      'ecr:CreateRepository',
      'InvalidParameterException',
      { repositoryName },
      { repositoryName: 'mip/a-b' },
    ],
  ),
  ['101 images', 'ecr:BatchGetImage', 'InvalidParameterException', { imageIds: list(101) }, { imageIds: list(100) }],
  ['a page of 1001 images', 'ecr:DescribeImages', 'InvalidParameterException', { maxResults: 1001 }, { maxResults: 1000 }],
  ['51 tags', 'ecr:TagResource', 'TooManyTagsException', { tags: upper(51) }, { tags: upper(50) }],
  [
    'a tag with a bracket',
    'ecr:TagResource',
    'InvalidTagParameterException',
    { tags: [{ Key: 'a', Value: '(' }] },
    { tags: [{ Key: 'a', Value: 'ä é_.:/=+-@' }] },
  ],
  ['a role name of 65', 'iam:CreateRole', 'ValidationError', { RoleName: a(65) }, { RoleName: a(64) }],
  ['a role name with a slash', 'iam:TagRole', 'ValidationError', { RoleName: 'a/b' }, { RoleName: 'a@b' }],
  ['a role with 51 tags', 'iam:TagRole', 'LimitExceeded', { RoleName: 'a', Tags: upper(51) }, { RoleName: 'a', Tags: upper(50) }],
  ['a table name of two', 'dynamodb:CreateTable', 'ValidationException', { TableName: 'ab' }, { TableName: 'a.b' }],
  [
    '26 writes in two tables',
    'dynamodb:BatchWriteItem',
    'ValidationException',
    { RequestItems: { abc: list(25), def: list(1) } },
    { RequestItems: { abc: list(24), def: list(1) } },
  ],
  [
    '101 keys',
    'dynamodb:BatchGetItem',
    'ValidationException',
    { RequestItems: { abc: { Keys: list(101) } } },
    { RequestItems: { abc: { Keys: list(100) } } },
  ],
  [
    'no keys',
    'dynamodb:BatchGetItem',
    'ValidationException',
    { RequestItems: { abc: { Keys: [] } } },
    { RequestItems: { abc: { Keys: list(1) } } },
  ],
  ['a bucket name of 64', 's3:CreateBucket', 'InvalidBucketName', { Bucket: a(64) }, { Bucket: a(63) }],
  ['a bucket in capitals', 's3:CreateBucket', 'InvalidBucketName', { Bucket: 'Mip' }, { Bucket: 'mip' }],
  ['a bucket like an address', 's3:CreateBucket', 'InvalidBucketName', { Bucket: '10.0.0.1' }, { Bucket: '10.0.0.a' }],
  [
    'bounds the wrong way round',
    'application-autoscaling:RegisterScalableTarget',
    'ValidationException',
    { ...TASKS, MinCapacity: 3, MaxCapacity: 2 },
    { ...TASKS, MinCapacity: 2, MaxCapacity: 2 },
  ],
  [
    'fewer tasks than none',
    'application-autoscaling:RegisterScalableTarget',
    'ValidationException',
    { ...TASKS, MinCapacity: -1 },
    { ...TASKS, MinCapacity: 0 },
  ],
  [
    'a resource that is no service',
    'application-autoscaling:RegisterScalableTarget',
    'ValidationException',
    { ...TASKS, ResourceId: 'mip-seg' },
    TASKS,
  ],
  [
    'a policy without a name',
    'application-autoscaling:PutScalingPolicy',
    'ValidationException',
    { ...TASKS, PolicyName: '' },
    { ...TASKS, PolicyName: 'mip-seg_v2' },
  ],
  [
    'a target of nothing',
    'application-autoscaling:PutScalingPolicy',
    'ValidationException',
    tracking({ TargetValue: 0 }),
    tracking({ TargetValue: 0.1 }),
  ],
  [
    'two metrics that answer',
    'application-autoscaling:PutScalingPolicy',
    'ValidationException',
    tracking({ Metrics: [{ Id: 'a' }, { Id: 'b' }] }),
    tracking({ Metrics: [{ Id: 'a' }, { Id: 'b', ReturnData: false }] }),
  ],
  [
    'a metric in capitals',
    'application-autoscaling:PutScalingPolicy',
    'ValidationException',
    tracking({ Metrics: [{ Id: 'A' }] }),
    tracking({ Metrics: [{ Id: 'aA' }] }),
  ],
  [
    'an action with a colon in its name',
    'application-autoscaling:PutScheduledAction',
    'ValidationException',
    { ...ACTION, ScheduledActionName: 'mip:end' },
    ACTION,
  ],
  [
    'parts of a second',
    'application-autoscaling:PutScheduledAction',
    'ValidationException',
    { ...ACTION, Schedule: 'at(2026-01-01T00:00:00.000Z)' },
    ACTION,
  ],
  [
    'an action that does nothing',
    'application-autoscaling:PutScheduledAction',
    'ValidationException',
    { ...ACTION, ScalableTargetAction: {} },
    ACTION,
  ],
  [
    '51 targets',
    'application-autoscaling:DescribeScalableTargets',
    'ValidationException',
    { ServiceNamespace: 'ecs', ResourceIds: Array(51).fill('service/a/b') },
    { ServiceNamespace: 'ecs', ResourceIds: Array(50).fill('service/a/b') },
  ],
  [
    '11 policies a page',
    'application-autoscaling:DescribeScalingPolicies',
    'ValidationException',
    { ServiceNamespace: 'ecs', MaxResults: 11 },
    { ServiceNamespace: 'ecs', MaxResults: 10 },
  ],
  ['101 resources a page', 'tag:GetResources', 'InvalidParameterException', { ResourcesPerPage: 101 }, { ResourcesPerPage: 100 }],
];

describe('AWS refuses, by looking at the call alone,', () => {
  it.each(CASES)('%s in %s', (_, call, code, refused, taken) => {
    const [service = '', operation = ''] = call.split(':');
    expect(rejectionOf(service, operation, refused as Record<string, unknown>)).toMatchObject({ code });
    expect(rejectionOf(service, operation, taken as Record<string, unknown>)).toBeUndefined();
  });

  it('with a status that SDKs do not try again', () => {
    expect(rejectionOf('sqs', 'CreateQueue', { QueueName: '' })?.status).toBe(400);
    expect(rejectionOf('iam', 'TagRole', { Tags: upper(51) })?.status).toBe(409);
  });

  it('nothing of a service or an operation that has no limits here', () => {
    expect(rejectionOf('ssm', 'PutParameter', {})).toBeUndefined();
    expect(rejectionOf('sqs', 'PurgeQueue', {})).toBeUndefined();
  });
});
