/** What SDKs see through the proxy is what they would see of AWS: exceptions by name, connections that end, effects that took place or did not. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { CreateClusterCommand, DescribeServicesCommand, ECSClient, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { CreateRoleCommand, GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../emulator.ts';
import { DENIED, everyNth, FaultProxy, on, THROTTLED } from './proxy.ts';

const REGION = 'eu-central-1';
const root = join(import.meta.dirname, '..', '..');
const fresh = (letter: string) => `${letter}${randomBytes(4).toString('hex')}`;
let emulator: TestEmulator;
let proxy: FaultProxy;

beforeAll(async () => {
  emulator = await openEmulator();
  proxy = await FaultProxy.open(emulator.connection.endpoint, emulator.connection.scalingEndpoint);
}, 60_000);
afterAll(async () => {
  await proxy.close();
  await emulator.stop();
});
afterEach(() => proxy.restart());

/** Through the proxy, and every call once. */
const through = () => ({ ...emulator.connection, region: REGION, endpoint: proxy.endpoint, maxAttempts: 1 });
const straight = () => ({ ...emulator.connection, region: REGION });

describe('a proxy without rules', () => {
  it('counts by service and operation, whatever protocol the service speaks', async () => {
    const name = fresh('c');
    await new SQSClient(through()).send(new GetQueueUrlCommand({ QueueName: name })).catch(() => undefined);
    await new DynamoDBClient(through()).send(new ListTablesCommand({}));
    await new IAMClient(through()).send(new GetRoleCommand({ RoleName: name })).catch(() => undefined);
    await new S3Client({ ...through(), forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: name }));
    expect(proxy.counts).toEqual({ 'sqs:GetQueueUrl': 1, 'dynamodb:ListTables': 1, 'iam:GetRole': 1, 's3:CreateBucket': 1 });
  });

  it('lets megabytes through as they were', async () => {
    const s3 = new S3Client({ ...through(), forcePathStyle: true });
    const [Bucket, Body] = [fresh('b'), randomBytes(5_000_000)];
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutObjectCommand({ Bucket, Key: 'a/b', Body }));
    const { Body: stored } = await s3.send(new GetObjectCommand({ Bucket, Key: 'a/b' }));
    expect(Buffer.from((await stored?.transformToByteArray()) ?? []).equals(Body)).toBe(true);
  });

  it('gives addresses that lead back through it', async () => {
    const sqs = new SQSClient(through());
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: fresh('q') }));
    expect(QueueUrl).toContain(proxy.endpoint);
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages?.[0]?.Body).toBe('hello');
    expect(proxy.counts).toMatchObject({ 'sqs:SendMessage': 1, 'sqs:ReceiveMessage': 1 });
  });
});

describe('a rule', () => {
  it.each([
    ['sqs:GetQueueUrl', () => new SQSClient(through()).send(new GetQueueUrlCommand({ QueueName: 'x' }))],
    ['dynamodb:ListTables', () => new DynamoDBClient(through()).send(new ListTablesCommand({}))],
    ['ecs:DescribeServices', () => new ECSClient(through()).send(new DescribeServicesCommand({ services: ['x'] }))],
    ['iam:GetRole', () => new IAMClient(through()).send(new GetRoleCommand({ RoleName: 'x' }))],
    ['s3:GetObject', () => new S3Client({ ...through(), forcePathStyle: true }).send(new GetObjectCommand({ Bucket: 'bbb', Key: 'k' }))],
  ])('refuses %s as AWS would, by the name of the exception', async (operation, call) => {
    for (const error of [THROTTLED, DENIED]) {
      proxy.restart(on(operation, { do: 'refuse', error }));
      await expect(call()).rejects.toMatchObject({ name: error.code });
    }
  });

  it('that throttles every other call is overcome by the SDK’s own retries', async () => {
    proxy.restart(everyNth(2, { do: 'refuse', error: THROTTLED }));
    const ecs = new ECSClient({ ...through(), maxAttempts: 4 });
    for (const clusterName of [fresh('a'), fresh('a')]) await ecs.send(new CreateClusterCommand({ clusterName }));
    expect(proxy.counts['ecs:CreateCluster']).toBe(3);
  });

  it.each([
    ['before', false],
    ['after', true],
  ] as const)(
    'that cuts the connection %s the call took effect leaves the client without an answer; it took effect: %s',
    async (when, effect) => {
      const TableName = fresh('t');
      const table = {
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'k', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'k', AttributeType: 'S' }],
      } as const;
      proxy.restart(on('dynamodb:CreateTable', { do: 'cut', when }));
      await expect(
        new DynamoDBClient(through()).send(
          new CreateTableCommand({ ...table, KeySchema: [...table.KeySchema], AttributeDefinitions: [...table.AttributeDefinitions] }),
        ),
      ).rejects.toThrow();
      const made = new DynamoDBClient(straight()).send(new DescribeTableCommand({ TableName }));
      if (effect) expect(await made).toMatchObject({ Table: { TableName } });
      else await expect(made).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    },
  );

  it('works for the Python SDK as well', () => {
    proxy.restart(on('sqs:GetQueueUrl', { do: 'refuse', error: THROTTLED }), on('dynamodb:ListTables', { do: 'cut', when: 'after' }));
    const done = runPython(`
import json, sys, boto3, botocore
config = botocore.config.Config(retries={'total_max_attempts': 1}, s3={'addressing_style': 'path'})
def client(name): return boto3.client(name, endpoint_url=sys.argv[1], region_name='eu-central-1', aws_access_key_id='test', aws_secret_access_key='test', config=config)
seen = {}
for name, call in {'sqs': lambda: client('sqs').get_queue_url(QueueName='x'), 'dynamodb': lambda: client('dynamodb').list_tables(), 'ecs': lambda: client('ecs').list_clusters()}.items():
    try: call(); seen[name] = 'answered'
    except botocore.exceptions.ClientError as error: seen[name] = error.response['Error']['Code']
    except botocore.exceptions.BotoCoreError as error: seen[name] = type(error).__name__
print(json.dumps(seen))`);
    return expect(done).resolves.toEqual({ sqs: 'ThrottlingException', dynamodb: 'ConnectionClosedError', ecs: 'answered' });
  });
});

/** Beside the proxy, which lives in this process and has to answer meanwhile. */
async function runPython(script: string): Promise<unknown> {
  const child = spawn(join(root, '.venv/bin/python'), ['-c', script, proxy.endpoint]);
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  await new Promise((resolve) => child.on('close', resolve));
  return JSON.parse(out);
}

describe('what AWS refuses', () => {
  const family = fresh('f');
  const TRUST = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' },
  };
  const definition = (cpu: string, memory: string, stopTimeout = 30) =>
    new RegisterTaskDefinitionCommand({
      family,
      cpu,
      memory,
      requiresCompatibilities: ['FARGATE'],
      containerDefinitions: [{ name: 'a', image: 'x', stopTimeout }],
    });

  it.each<[string, string, (to: ReturnType<typeof straight>) => Promise<unknown>]>([
    [
      'a queue of 81 characters',
      'InvalidParameterValue',
      (to) => new SQSClient(to).send(new CreateQueueCommand({ QueueName: 'q'.repeat(81) })),
    ],
    [
      'a role of 66 characters',
      'ValidationError',
      (to) =>
        new IAMClient(to).send(
          new CreateRoleCommand({ RoleName: `${fresh('r')}${'x'.repeat(57)}`, AssumeRolePolicyDocument: JSON.stringify(TRUST) }),
        ),
    ],
    [
      'a repository whose name ends in a hyphen',
      'InvalidParameterException',
      (to) => new ECRClient(to).send(new CreateRepositoryCommand({ repositoryName: `${fresh('e')}-` })),
    ],
    [
      'a role with brackets in a tag',
      'ValidationError',
      (to) =>
        new IAMClient(to).send(
          new CreateRoleCommand({
            RoleName: fresh('r'),
            AssumeRolePolicyDocument: JSON.stringify(TRUST),
            Tags: [{ Key: 'mip:a', Value: '(b)' }],
          }),
        ),
    ],
    [
      'a role that names a resource for those who take it on',
      'MalformedPolicyDocumentException',
      (to) =>
        new IAMClient(to).send(
          new CreateRoleCommand({
            RoleName: fresh('r'),
            AssumeRolePolicyDocument: JSON.stringify({ ...TRUST, Statement: { ...TRUST.Statement, Resource: '*' } }),
          }),
        ),
    ],
    [
      'a queue with two kinds of encryption',
      'InvalidAttributeValue',
      (to) =>
        new SQSClient(to).send(
          new CreateQueueCommand({ QueueName: fresh('q'), Attributes: { KmsMasterKeyId: 'alias/x', SqsManagedSseEnabled: 'true' } }),
        ),
    ],
    [
      'exclusions where nothing is to be excluded',
      'InvalidParameterException',
      (to) =>
        new ECRClient(to).send(
          new CreateRepositoryCommand({
            repositoryName: fresh('e'),
            imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'latest' }],
          }),
        ),
    ],
    ['4 vCPU with 4 GB', 'ClientException', (to) => new ECSClient(to).send(definition('4096', '4096'))],
    ['a stop timeout of 999 s', 'ClientException', (to) => new ECSClient(to).send(definition('256', '512', 999))],
    [
      '11 services at once',
      'InvalidParameterException',
      (to) => new ECSClient(to).send(new DescribeServicesCommand({ services: Array.from({ length: 11 }, (_, index) => `s${index}`) })),
    ],
  ])('%s is refused by the proxy, and let through by the emulator', async (_, code, call) => {
    await expect(call(through())).rejects.toMatchObject({ name: code });
    await expect(call(straight()).catch(({ name }) => name)).resolves.not.toBe(code);
  });

  it('a queue’s name again within a minute', async () => {
    const QueueName = fresh('q');
    const sqs = new SQSClient(through());
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
    await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    await expect(sqs.send(new CreateQueueCommand({ QueueName }))).rejects.toMatchObject({
      name: expect.stringMatching(/QueueDeletedRecently/),
    });
    await new SQSClient(straight()).send(new CreateQueueCommand({ QueueName }));
  });
});
