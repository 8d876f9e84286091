import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../../tests/emulator.ts';
import { workflowCredentials } from './workflow-credentials.ts';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.stop());
afterEach(() => vi.useRealTimers());

it('are asked for once, and again with a new token shortly before the hour is over', async () => {
  const { endpoint, region } = emulator.connection;
  let tokens = 0;
  const token = async () => `header.payload-${++tokens}.signature`;
  const role = 'arn:aws:iam::000000000000:role/mip/north/mip-eu-central-1-reconcile-apply';
  const credentials = workflowCredentials({ region, endpoint }, { role, session: 'mip', token });
  const sqs = new SQSClient({ region, endpoint, credentials });
  for (let call = 0; call < 3; call += 1) await sqs.send(new ListQueuesCommand({}));
  expect(tokens).toBe(1);

  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 57 * 60_000 });
  await sqs.send(new ListQueuesCommand({}));
  expect(tokens).toBeGreaterThan(1); // the emulator's clock is the real one, so the new session seems short as well
});

it('that cannot be had fail the call with the reason', async () => {
  const { endpoint, region } = emulator.connection;
  const token = () => Promise.reject(new Error('Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable'));
  const credentials = workflowCredentials({ region, endpoint }, { role: 'arn:aws:iam::000000000000:role/x', session: 'mip', token });
  const ecs = new ECSClient({ region, endpoint, credentials });
  await expect(ecs.send(new DescribeServicesCommand({ services: ['a'] }))).rejects.toThrow('ACTIONS_ID_TOKEN_REQUEST_URL');
});
