/** The waker on an emulator: how often it calls ECS, and that nobody who asks for a job notices when it cannot. */
import { randomBytes } from 'node:crypto';
import { DynamoDBClient, PutItemCommand, type UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { physicalNames, Registry } from '@mip/registry';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { createTable } from '../../../tests/tables.ts';
import { EcsWaker } from './waker.ts';

const prefix = `w${randomBytes(4).toString('hex')}`;
const names = physicalNames({ prefix, account: '000000000000', region: 'eu-central-1', platform: 'test' });
const LINE = { queueUrl: `http://localhost/000000000000/${names.requestQueue('seg')}`, algorithm: 'seg' };
const MINUTE = 60_000;

let emulator: TestEmulator;
let dynamodb: DynamoDBClient;
let ecs: ECSClient;
/** What the wakers called, by operation. */
let calls: string[];
let time = Date.UTC(2026, 0, 1);
const faults: Error[] = [];

beforeAll(async () => {
  emulator = await openEmulator();
  dynamodb = new DynamoDBClient(emulator.connection);
  ecs = new ECSClient(emulator.connection);
  await createTable(dynamodb, names.table('leases'), 'lease');
  await createTable(dynamodb, names.table('algorithms'), 'algorithm_name');
  const { cluster } = names;
  await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: names.taskDefinition('seg'),
      containerDefinitions: [{ name: 'worker', image: 'x', memory: 128 }],
    }),
  );
  await ecs.send(
    new CreateServiceCommand({ cluster, serviceName: names.service('seg'), taskDefinition: names.taskDefinition('seg'), desiredCount: 0 }),
  );
}, 60_000);
afterAll(() => emulator.stop());

beforeEach(async () => {
  time += 10 * MINUTE;
  calls = [];
  faults.length = 0;
  await publish({});
  await sleepNow();
});

/** A process of the router of its own. */
function waker(over: { ecs?: Pick<ECSClient, 'send'>; dynamodb?: Pick<DynamoDBClient, 'send'> } = {}): EcsWaker {
  const counted = <Client extends { send: unknown }>(client: Client): Client => {
    const send = (command: { constructor: { name: string } }, ...rest: never[]) => {
      calls.push(command.constructor.name.replace('Command', ''));
      return (client.send as (...args: unknown[]) => unknown)(command, ...rest);
    };
    return { send } as never;
  };
  return new EcsWaker({
    dynamodb: counted(over.dynamodb ?? dynamodb),
    ecs: counted(over.ecs ?? ecs),
    registry: new Registry(DynamoDBDocumentClient.from(dynamodb), names.table('algorithms')),
    names,
    now: () => new Date(time),
    onFault: (fault) => faults.push(fault),
  });
}

async function publish(item: Record<string, { S: string } | { M: Record<string, { S: string } | { N: string }> }>): Promise<void> {
  const Item = { algorithm_name: { S: 'seg' }, status: { S: 'active' }, ...item };
  await dynamodb.send(new PutItemCommand({ TableName: names.table('algorithms'), Item }));
}

async function sleepNow(): Promise<void> {
  await ecs.send(new UpdateServiceCommand({ cluster: names.cluster, service: names.service('seg'), desiredCount: 0 }));
}

async function tasks(): Promise<number | undefined> {
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster: names.cluster, services: [names.service('seg')] }));
  return services[0]?.desiredCount;
}

const times = (operation: string) => calls.filter((call) => call === operation).length;
const burst = (count: number, wakers: readonly EcsWaker[]) =>
  Promise.all(Array.from({ length: count }, (_, index) => wakers[index % wakers.length]?.wake(LINE)));

describe('the waker', () => {
  it('asks ECS once for a hundred requests of a minute, whichever processes take them', async () => {
    const processes = [waker(), waker(), waker(), waker()];
    await burst(100, processes);
    expect(await tasks()).toBe(1);
    expect([times('DescribeServices'), times('UpdateService'), times('UpdateItem')]).toEqual([1, 1, 4]);
    time += MINUTE - 1;
    await burst(100, processes);
    expect([times('DescribeServices'), times('UpdateService')]).toEqual([1, 1]);
    expect(times('UpdateItem')).toBe(4); // each process knows by then whose minute it is
  });

  it('asks again in the next minute, and leaves a service that is awake as it is', async () => {
    const one = waker();
    await one.wake(LINE);
    time += MINUTE;
    await one.wake(LINE);
    expect([times('DescribeServices'), times('UpdateService')]).toEqual([2, 1]);
  });

  it('wakes a line that fell asleep again as soon as the minute is over', async () => {
    const one = waker();
    await one.wake(LINE);
    await sleepNow();
    time += MINUTE;
    await one.wake(LINE);
    expect(await tasks()).toBe(1);
  });

  it('leaves asleep what somebody set to no task for a while, and wakes it after that', async () => {
    await publish({ scale_override: { M: { count: { N: '0' }, until: { S: new Date(time + MINUTE).toISOString() } } } });
    const one = waker();
    await one.wake(LINE);
    expect(await tasks()).toBe(0);
    time += MINUTE;
    await one.wake(LINE);
    expect(await tasks()).toBe(1);
  });

  it('leaves asleep what is inactive', async () => {
    await publish({ status: { S: 'inactive' } });
    await waker().wake(LINE);
    expect(await tasks()).toBe(0);
  });

  it('says nothing to who asks where ECS refuses, and is over in two seconds where it does not answer', async () => {
    const refusing = { send: () => Promise.reject(new Error('AccessDenied')) } as never;
    await expect(waker({ ecs: refusing }).wake(LINE)).resolves.toBe(undefined);
    time += MINUTE;
    const silent = new ECSClient({ ...emulator.connection, endpoint: 'http://192.0.2.1' }); // nobody is there
    await expect(waker({ ecs: silent }).wake(LINE)).resolves.toBe(undefined);
    expect(faults).toHaveLength(2);
  });

  it('looks again five seconds after ECS refused, whichever process is asked then, and not before', async () => {
    const refusing = { send: () => Promise.reject(new Error('ThrottlingException')) } as never;
    await waker({ ecs: refusing }).wake(LINE);
    expect(faults).toEqual([new Error('ThrottlingException')]);
    time += 4999;
    await burst(100, [waker(), waker()]);
    expect([await tasks(), times('DescribeServices')]).toEqual([0, 1]);
    time += 1;
    await burst(100, [waker(), waker()]);
    expect([await tasks(), times('DescribeServices')]).toEqual([1, 2]);
  });

  it('tells of the refusal where the minute cannot be given back, too', async () => {
    const refusing = { send: () => Promise.reject(new Error('AccessDenied')) } as never;
    let asked = 0;
    const once = { send: (command: UpdateItemCommand) => (asked++ ? Promise.reject(new Error('down')) : dynamodb.send(command)) } as never;
    await expect(waker({ ecs: refusing, dynamodb: once }).wake(LINE)).resolves.toBe(undefined);
    expect([asked, faults]).toEqual([2, [new Error('AccessDenied')]]);
  });

  it('does nothing for a line whose service is gone', async () => {
    await waker().wake({ queueUrl: `http://localhost/0/${names.requestQueue('gone')}`, algorithm: 'gone' });
    expect(calls).not.toContain('UpdateService');
    expect(faults).toEqual([]);
  });
});
