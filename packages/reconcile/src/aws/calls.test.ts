import { DeleteServiceCommand, ECSClient, ListServicesCommand } from '@aws-sdk/client-ecs';
import { expect, it } from 'vitest';
import { Calls } from './calls.ts';

/** Answers like ECS over HTTP: that many times "slow down", then an empty list. */
function server(throttled: number) {
  let left = throttled;
  const handle = async () => {
    const slow = left-- > 0;
    const body = new TextEncoder().encode(slow ? '{"__type":"ThrottlingException"}' : '{"serviceArns":[]}');
    return { response: { statusCode: slow ? 400 : 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body } };
  };
  return { handle, metadata: { handlerProtocol: 'http/1.1' } };
}

function client(throttled: number, calls: Calls): ECSClient {
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  return calls.watch(new ECSClient({ region: 'eu-central-1', credentials, requestHandler: server(throttled) as never }), 'ecs');
}

it('counts calls by service and operation, and the attempts that the SDK repeated', async () => {
  const calls = new Calls();
  const ecs = client(1, calls);
  await ecs.send(new ListServicesCommand({}));
  await ecs.send(new ListServicesCommand({}));
  expect(calls.counts).toEqual([{ service: 'ecs', operation: 'ListServices', count: 2, retries: 1 }]);
  expect(calls.total).toBe(3);
});

it('counts a call that fails', async () => {
  const calls = new Calls();
  await expect(client(99, calls).send(new ListServicesCommand({}))).rejects.toThrow();
  expect(calls.counts).toMatchObject([{ service: 'ecs', operation: 'ListServices', count: 1 }]);
});

it('sorts by service, then operation', async () => {
  const calls = new Calls();
  for (const [service, operation] of [
    ['sqs', 'A'],
    ['ecr', 'B'],
    ['ecr', 'A'],
  ] as const)
    await calls.pass(service, operation);
  expect(calls.counts.map(({ service, operation }) => `${service}:${operation}`)).toEqual(['ecr:A', 'ecr:B', 'sqs:A']);
});

it('keeps operations that share a bucket to its rate, each attempt of them', async () => {
  const waits: number[] = [];
  const clock = { now: () => 0, sleep: async (ms: number) => void waits.push(ms), every: () => () => {} };
  const calls = new Calls((operation) => (operation.startsWith('ecs:') ? { name: 'all', burst: 2, perSecond: 10 } : undefined), clock);
  await client(1, calls).send(new ListServicesCommand({})); // two attempts
  await calls.pass('ecs', 'DescribeServices');
  await calls.pass('sqs', 'CreateQueue');
  expect(waits).toEqual([100]);
});

it('asks its guard before a write, and before no read', async () => {
  const calls = new Calls();
  calls.guard = () => {
    throw new Error('stop');
  };
  await client(0, calls).send(new ListServicesCommand({}));
  await expect(client(0, calls).send(new DeleteServiceCommand({ service: 'x' }))).rejects.toThrow('stop');
});
