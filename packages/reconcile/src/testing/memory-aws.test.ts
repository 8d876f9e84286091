/** The in-memory AWS is worth something only as far as it says no where AWS does. */
import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  GetLifecyclePolicyCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr';
import {
  CreateServiceCommand,
  DescribeServicesCommand,
  ListServicesCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api';
import { CreateQueueCommand, DeleteQueueCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryAws } from './memory-aws.ts';

let aws: MemoryAws;
beforeEach(() => {
  aws = new MemoryAws();
});

const FIFO = { FifoQueue: 'true' };
const redriveTo = (queue: string) =>
  JSON.stringify({ deadLetterTargetArn: `arn:aws:sqs:eu-central-1:000000000000:${queue}`, maxReceiveCount: 3 });
const task = (over: object) =>
  new RegisterTaskDefinitionCommand({
    family: 'mip-a',
    cpu: '256',
    memory: '512',
    requiresCompatibilities: ['FARGATE'],
    containerDefinitions: [{ name: 'w', image: 'i' }],
    ...over,
  });

describe('SQS refuses', () => {
  it.each([
    ['81 characters', `${'a'.repeat(76)}.fifo`, FIFO],
    ['a dot', 'a.b.fifo', FIFO],
    ['FIFO by attribute only', 'a', FIFO],
    ['FIFO by name only', 'a.fifo', {}],
    ['more than 12 hours of visibility', 'a.fifo', { ...FIFO, VisibilityTimeout: '43201' }],
    ['more than 14 days of retention', 'a.fifo', { ...FIFO, MessageRetentionPeriod: '1209601' }],
    ['more than 15 minutes of delay', 'a.fifo', { ...FIFO, DelaySeconds: '901' }],
    ['more than 20 seconds of waiting', 'a.fifo', { ...FIFO, ReceiveMessageWaitTimeSeconds: '21' }],
    ['messages of less than 1,024 bytes', 'a.fifo', { ...FIFO, MaximumMessageSize: '1023' }],
    ['a number that is none', 'a.fifo', { ...FIFO, VisibilityTimeout: 'long' }],
    ['an attribute that it does not know', 'a.fifo', { ...FIFO, Colour: 'red' }],
    ['a FIFO attribute of a standard queue', 'a', { ContentBasedDeduplication: 'true' }],
    ['high throughput without groups', 'a.fifo', { ...FIFO, FifoThroughputLimit: 'perMessageGroupId' }],
    ['two kinds of encryption', 'a.fifo', { ...FIFO, KmsMasterKeyId: 'alias/x', SqsManagedSseEnabled: 'true' }],
    ['a policy that is none', 'a.fifo', { ...FIFO, Policy: '{}' }],
    ['a policy for nobody', 'a.fifo', { ...FIFO, Policy: '{"Statement":[{"Effect":"Deny","Action":"sqs:*"}]}' }],
    ['what is no JSON', 'a.fifo', { ...FIFO, RedriveAllowPolicy: 'byQueue' }],
    ['dead letters by queue, of no queue', 'a.fifo', { ...FIFO, RedriveAllowPolicy: '{"redrivePermission":"byQueue"}' }],
    ['dead letters without a count', 'a.fifo', { ...FIFO, RedrivePolicy: '{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:0:x.fifo"}' }],
    ['dead letters that are not there', 'a.fifo', { ...FIFO, RedrivePolicy: redriveTo('x.fifo') }],
  ])('%s', async (_, QueueName, Attributes) => {
    await expect(aws.sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).rejects.toThrow();
  });

  it('dead letters that another kind of queue keeps, or that are for another queue', async () => {
    const RedriveAllowPolicy = '{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:eu-central-1:000000000000:b.fifo"]}';
    await aws.sqs.send(new CreateQueueCommand({ QueueName: 'standard', Attributes: {} }));
    await aws.sqs.send(new CreateQueueCommand({ QueueName: 'letters.fifo', Attributes: { ...FIFO, RedriveAllowPolicy } }));
    const create = (QueueName: string, target: string) =>
      aws.sqs.send(new CreateQueueCommand({ QueueName, Attributes: { ...FIFO, RedrivePolicy: redriveTo(target) } }));
    await expect(create('a.fifo', 'standard')).rejects.toThrow('RedrivePolicy');
    await expect(create('a.fifo', 'letters.fifo')).rejects.toThrow('may not use');
    await expect(create('b.fifo', 'letters.fifo')).resolves.toBeDefined();
  });

  it('a name again within 60 seconds, and takes it after', async () => {
    const create = () => aws.sqs.send(new CreateQueueCommand({ QueueName: 'a.fifo', Attributes: FIFO }));
    const { QueueUrl } = await create();
    await aws.sqs.send(new DeleteQueueCommand({ QueueUrl }));
    aws.world.now += 59_999;
    await expect(create()).rejects.toThrow('60 seconds');
    aws.world.now += 1;
    await expect(create()).resolves.toBeDefined();
  });

  it('the same name with other attributes, and a queue that turns FIFO', async () => {
    const { QueueUrl } = await aws.sqs.send(new CreateQueueCommand({ QueueName: 'a.fifo', Attributes: FIFO }));
    const other = new CreateQueueCommand({ QueueName: 'a.fifo', Attributes: { ...FIFO, VisibilityTimeout: '1' } });
    await expect(aws.sqs.send(other)).rejects.toThrow('already exists');
    await expect(aws.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: FIFO }))).rejects.toThrow('cannot be changed');
  });
});

describe('ECR refuses', () => {
  it.each(['a', 'mip-a--b', 'mip-a-', 'Mip', 'm'.repeat(257)])('the name %s', async (repositoryName) => {
    await expect(aws.ecr.send(new CreateRepositoryCommand({ repositoryName }))).rejects.toThrow('repositoryName');
  });

  it('a second repository of a name, and a batch with one that is missing', async () => {
    await aws.ecr.send(new CreateRepositoryCommand({ repositoryName: 'mip-a' }));
    await expect(aws.ecr.send(new CreateRepositoryCommand({ repositoryName: 'mip-a' }))).rejects.toThrow('already exists');
    await expect(aws.ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['mip-a', 'mip-b'] }))).rejects.toThrow('does not exist');
  });

  it('a version tag that moves, but not latest', async () => {
    const imageTagMutabilityExclusionFilters = [{ filterType: 'WILDCARD' as const, filter: 'latest' }];
    const excluding = { imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' as const, imageTagMutabilityExclusionFilters };
    await aws.ecr.send(new CreateRepositoryCommand({ repositoryName: 'mip-a', ...excluding }));
    for (const tag of ['v1.0.0', 'latest']) aws.publish('x/mip-a', tag, 'sha256:1');
    expect(() => aws.publish('x/mip-a', 'v1.0.0', 'sha256:2')).toThrow('already exists');
    expect(() => aws.publish('x/mip-a', 'latest', 'sha256:2')).not.toThrow();
  });
});

describe('ECR also refuses', () => {
  const repositoryName = 'mip-a';
  const filters = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ filterType: 'WILDCARD' as const, filter: `t${index}` }));
  beforeEach(() => aws.ecr.send(new CreateRepositoryCommand({ repositoryName })));

  it.each([
    ['exclusions from what excludes nothing', 'IMMUTABLE', 1],
    ['no exclusions from what excludes some', 'IMMUTABLE_WITH_EXCLUSION', 0],
    ['six exclusions', 'IMMUTABLE_WITH_EXCLUSION', 6],
  ] as const)('%s', async (_, imageTagMutability, count) => {
    const put = new PutImageTagMutabilityCommand({
      repositoryName,
      imageTagMutability,
      imageTagMutabilityExclusionFilters: filters(count),
    });
    await expect(aws.ecr.send(put)).rejects.toThrow('imageTagMutabilityExclusionFilters');
  });

  const rule = {
    rulePriority: 1,
    selection: { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 1 },
    action: { type: 'expire' },
  };

  it.each([
    ['that is no JSON', 'x'],
    ['without rules', '{"rules":[]}'],
    ['with a priority twice', JSON.stringify({ rules: [rule, rule] })],
    ['that selects nothing', JSON.stringify({ rules: [{ ...rule, selection: {} }] })],
    [
      'that counts days without their unit',
      JSON.stringify({ rules: [{ ...rule, selection: { ...rule.selection, countType: 'sinceImagePushed' } }] }),
    ],
  ])('a lifecycle %s', async (_, lifecyclePolicyText) => {
    await expect(aws.ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }))).rejects.toThrow('LifecyclePolicy');
    await expect(aws.ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))).rejects.toThrow('does not exist');
  });
});

describe('ECS refuses', () => {
  it.each([
    ['4096 CPU with 4096 memory', { cpu: '4096', memory: '4096' }, 'No Fargate configuration'],
    ['121 seconds to stop', { containerDefinitions: [{ name: 'w', image: 'i', stopTimeout: 121 }] }, 'at most 120'],
    ['a family with a dot', { family: 'mip.a' }, "Invalid parameter at 'family'"],
    [
      'more than 64 KB',
      { containerDefinitions: [{ name: 'w', image: 'i', environment: [{ name: 'E', value: 'x'.repeat(65_536) }] }] },
      '65536',
    ],
    ['a tag of 257 characters', { tags: [{ key: 'mip:x', value: 'x'.repeat(257) }] }, 'Invalid tag'],
  ])('%s', async (_, over, reason) => {
    await expect(aws.ecs.send(task(over))).rejects.toThrow(reason);
  });

  it('eleven services at once, 101 a page, a service twice, and one of nothing', async () => {
    await aws.ecs.send(task({}));
    const create = new CreateServiceCommand({ cluster: 'c', serviceName: 's', taskDefinition: 'mip-a', launchType: 'FARGATE' });
    await aws.ecs.send(create);
    await expect(aws.ecs.send(create)).rejects.toThrow('not idempotent');
    await expect(aws.ecs.send(new CreateServiceCommand({ serviceName: 't', taskDefinition: 'none' }))).rejects.toThrow('not found');
    await expect(aws.ecs.send(new DescribeServicesCommand({ services: Array(11).fill('s') }))).rejects.toThrow('cannot be more than 10');
    await expect(aws.ecs.send(new ListServicesCommand({ maxResults: 101 }))).rejects.toThrow('between 1 and 100');
  });
});

describe('ECS with instances refuses', () => {
  const service = (over: object) => new CreateServiceCommand({ cluster: 'c', serviceName: 's', taskDefinition: 'mip-a', ...over });
  const onInstances = { capacityProviderStrategy: [{ capacityProvider: 'gpu-mip', weight: 1 }] };

  it('capacity that the cluster does not have', async () => {
    await aws.ecs.send(task({ requiresCompatibilities: ['EC2'] }));
    await expect(aws.ecs.send(service(onInstances))).rejects.toThrow("capacity provider 'gpu-mip' was not found");
    aws.memory.ecs.capacityProviders.add('gpu-mip');
    await aws.ecs.send(service(onInstances));
  });

  it('a task definition for the other', async () => {
    aws.memory.ecs.capacityProviders.add('gpu-mip');
    await aws.ecs.send(task({}));
    await expect(aws.ecs.send(service({}))).rejects.toThrow('does not support launch_type EC2'); // which is what nothing means
    await expect(aws.ecs.send(service(onInstances))).rejects.toThrow('does not support launch_type EC2');
    await aws.ecs.send(service({ launchType: 'FARGATE' }));
    await aws.ecs.send(task({ requiresCompatibilities: ['EC2'] }));
    const update = new UpdateServiceCommand({ cluster: 'c', service: 's', taskDefinition: 'mip-a' });
    await expect(aws.ecs.send(update)).rejects.toThrow('does not support launch_type FARGATE');
  });
});

describe('the others refuse', () => {
  it('101 resources a page', async () => {
    await expect(aws.tagging.send(new GetResourcesCommand({ ResourcesPerPage: 101 }))).rejects.toThrow('between 1 and 100');
  });

  it('101 keys a batch, and none', async () => {
    const get = (count: number) =>
      new BatchGetCommand({
        RequestItems: { 'mip-algorithms': { Keys: Array.from({ length: count }, (_, index) => ({ algorithm_name: `a${index}` })) } },
      });
    await expect(aws.dynamodb.send(get(101))).rejects.toThrow('it takes 1 to 100');
    await expect(aws.dynamodb.send(get(0))).rejects.toThrow('it takes 1 to 100');
    await expect(aws.dynamodb.send(get(100))).resolves.toBeDefined();
  });

  it('a call that it does not know', async () => {
    await expect(async () => aws.ecs.send({ constructor: { name: 'StopServiceDeploymentCommand' }, input: {} } as never)).rejects.toThrow(
      'has no StopServiceDeployment',
    );
  });
});
