/** What is compared after a kill is all there is: a resource on a later page counts too. */
import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { CreateServiceCommand, ECSClient, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { readEach } from '@mip/reconcile/aws/batches';
import { deployPlace } from '@mip/reconcile/testing/emulated';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../emulator.ts';
import { observedState } from './observed-state.ts';

/** More than a page of any list. */
const MANY = 120;

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
}, 60_000);
afterAll(() => emulator.stop());

it('sees every resource of every kind, however many pages there are', async () => {
  const connection = { ...emulator.connection, region: 'eu-central-1' };
  const prefix = `o${randomBytes(4).toString('hex')}`;
  const { names } = await deployPlace(connection, prefix);
  const [ecr, ecs, iam, sqs] = [new ECRClient(connection), new ECSClient(connection), new IAMClient(connection), new SQSClient(connection)];
  const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient(connection));
  await readEach(
    Array.from({ length: MANY }, (_, index) => `${prefix}-${index}`),
    async (name) => {
      await ecr.send(new CreateRepositoryCommand({ repositoryName: name }));
      await sqs.send(new CreateQueueCommand({ QueueName: name }));
      await iam.send(new CreateRoleCommand({ RoleName: name, Path: '/mip/test/', AssumeRolePolicyDocument: '{}' }));
      await ecs.send(new RegisterTaskDefinitionCommand({ family: name, containerDefinitions: [{ name: 'a', image: 'x' }] }));
      await ecs.send(new CreateServiceCommand({ cluster: names.cluster, serviceName: name, taskDefinition: name, desiredCount: 0 }));
      await dynamodb.send(new PutCommand({ TableName: names.table('algorithms'), Item: { algorithm_name: name } }));
    },
  );
  const seen = (await observedState(connection, prefix)).map((line) => JSON.parse(line));
  const count = (kind: string) => seen.filter((one) => kind in one).length;
  for (const kind of ['repository', 'queue', 'found', 'service', 'Role', 'row']) expect(count(kind), kind).toBe(MANY);
}, 120_000);
