import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  ServiceNotFoundException,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EcsFront, startEcsFront } from './ecs-front.ts';

/** What the emulator answers by operation: it takes every task for running. */
const ANSWERS: Readonly<Record<string, object>> = {
  DescribeServices: {
    services: [
      {
        serviceName: 'mip-a',
        desiredCount: 2,
        runningCount: 2,
        pendingCount: 0,
        deployments: [{ status: 'PRIMARY', runningCount: 2, rolloutState: 'COMPLETED' }],
      },
      {
        serviceName: 'mip-b',
        desiredCount: 1,
        runningCount: 1,
        pendingCount: 0,
        deployments: [{ status: 'PRIMARY', runningCount: 1, rolloutState: 'COMPLETED' }],
      },
    ],
    failures: [{ arn: 'x', reason: 'MISSING' }],
  },
  DescribeTasks: {
    tasks: [
      { taskArn: 'one', lastStatus: 'RUNNING' },
      { taskArn: 'two', lastStatus: 'RUNNING' },
      { taskArn: 'three', lastStatus: 'STOPPED' },
    ],
  },
  ListTasks: { taskArns: ['one', 'two'] },
};

let emulator: Server;
let front: EcsFront;
let ecs: ECSClient;
beforeEach(async () => {
  emulator = createServer((request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const known = ANSWERS[operation];
    response.writeHead(known ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(known ?? { __type: 'ServiceNotFoundException', message: 'no such service' }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => emulator.once('listening', resolve));
  const running = {
    inGroup: (group: string) => (['service:mip-a', 'service:mip-b'].includes(group) ? 1 : 0),
    started: (group: string) => (['service:mip-a', 'service:mip-b'].includes(group) ? 1 : 0),
    isRunning: (task: string) => task === 'two',
    endOf: () => undefined,
    failed: () => undefined,
    begin: () => undefined,
  };
  front = await startEcsFront({ endpoint: `http://127.0.0.1:${(emulator.address() as AddressInfo).port}`, running });
  ecs = new ECSClient({ endpoint: front.url, region: 'eu-central-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
});
afterEach(async () => {
  await front.stop();
  emulator.close();
});

describe('ECS as it is here', () => {
  it('counts the processes that run, and not what the emulator believes', async () => {
    const { services, failures } = await ecs.send(new DescribeServicesCommand({ cluster: 'c', services: ['mip-a', 'mip-b'] }));
    const seen = services?.map((one) => [one.serviceName, one.runningCount, one.pendingCount, one.deployments?.[0]?.rolloutState]);
    expect(seen).toEqual([
      ['mip-a', 1, 1, 'IN_PROGRESS'],
      ['mip-b', 1, 0, 'COMPLETED'],
    ]);
    expect(failures).toMatchObject([{ arn: 'x', reason: 'MISSING' }]);
  });

  it('knows a task without a process from one that has one', async () => {
    const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster: 'c', tasks: ['one', 'two', 'three'] }));
    expect(tasks?.map(({ lastStatus }) => lastStatus)).toEqual(['PENDING', 'RUNNING', 'STOPPED']);
  });

  it('passes everything else, errors too', async () => {
    expect((await ecs.send(new ListTasksCommand({ cluster: 'c' }))).taskArns).toEqual(['one', 'two']);
    await expect(ecs.send(new UpdateServiceCommand({ cluster: 'c', service: 'x' }))).rejects.toThrow(ServiceNotFoundException);
  });
});
