/** An apply whose calls are throttled, delayed, lost or denied, or whose process is paused: it ends where an undisturbed one does, or stops before anything. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { deployPlace } from '@mip/reconcile/testing/emulated';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../emulator.ts';
import { observedState } from './observed-state.ts';
import { DENIED, everyNth, type Fault, FaultProxy, on, onFirst, THROTTLED } from './proxy.ts';
import { pauseAt } from './steps.ts';
import { applyOrder, type Order } from './stories.ts';

const REGION = 'eu-central-1';
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

const straight = () => ({ ...emulator.connection, region: REGION });

describe('an apply through the proxy', { timeout: 120_000 }, () => {
  const order = (prefix: string, over: Partial<Order> = {}): Order => ({
    endpoint: proxy.endpoint,
    region: REGION,
    prefix,
    catalog: 'two',
    aheadMs: 0,
    ...over,
  });
  const state = (prefix: string) => observedState(straight(), prefix);
  const told = ({ outcomes }: Awaited<ReturnType<typeof applyOrder>>) =>
    outcomes.map(({ kind, result, reason }) => `${kind} ${result} ${reason}`);

  async function place(): Promise<string> {
    const prefix = `p${randomBytes(4).toString('hex')}`;
    await deployPlace(straight(), prefix);
    return prefix;
  }

  it('every fifth call throttled: it succeeds all the same, and a second finds nothing to do', async () => {
    const [prefix, calm] = [await place(), await place()];
    proxy.restart(everyNth(5, { do: 'refuse', error: THROTTLED }, ({ protocol }) => protocol !== 'http')); // the image's push is no SDK's
    const report = await applyOrder(order(prefix));
    expect(report.ok, told(report).join('\n')).toBe(true);
    expect(report.calls.reduce((sum, { retries }) => sum + retries, 0)).toBeGreaterThan(5);
    proxy.restart();
    expect((await applyOrder(order(prefix))).outcomes).toEqual([]);
    await applyOrder(order(calm));
    expect(await state(prefix)).toEqual(await state(calm));
  });

  const LOOKS = ['tag:GetResources', 'ecs:ListServices', 'iam:ListRoles', 'dynamodb:Scan', 'ecr:DescribeRepositories', 'iam:GetRole'];
  const MAKES = ['ecr:CreateRepository', 'sqs:CreateQueue', 'iam:CreateRole', 'ecs:CreateService', 'dynamodb:UpdateItem'];

  it.each<[string, Fault, Partial<Order>]>([
    ['an answer that never comes', { do: 'delay', milliseconds: 12_000 }, { answerWithinMs: 3000 }],
    ['an answer that is lost on its way', { do: 'cut', when: 'after' }, {}],
  ])('%s, once for each thing that is looked at and made: it goes on in the same run', async (_, fault, over) => {
    const [prefix, calm] = [await place(), await place()];
    proxy.restart(onFirst([...LOOKS, ...MAKES], fault));
    const report = await applyOrder(order(prefix, over));
    expect(report.ok, told(report).join('\n')).toBe(true);
    expect(report.calls.reduce((sum, { retries }) => sum + retries, 0)).toBeGreaterThanOrEqual(LOOKS.length + MAKES.length);
    proxy.restart();
    expect((await applyOrder(order(prefix))).outcomes).toEqual([]);
    await applyOrder(order(calm));
    expect(await state(prefix)).toEqual(await state(calm));
  });

  it.each(['tag:GetResources', 'dynamodb:Scan', 'ecs:ListServices', 'ecs:ListTaskDefinitionFamilies', 'iam:ListRoles'])(
    'a denied %s stops it before anything is touched',
    async (operation) => {
      const prefix = await place();
      await applyOrder(order(prefix));
      const before = await state(prefix);
      proxy.restart(on(operation, { do: 'refuse', error: DENIED }));
      await expect(applyOrder(order(prefix, { catalog: 'one' }))).rejects.toMatchObject({ name: 'AccessDeniedException' });
      expect(await state(prefix)).toEqual(before);
    },
  );

  it('two at once: both end well, and there is one of everything', async () => {
    const [prefix, calm] = [await place(), await place()];
    const both = await Promise.all([applyOrder(order(prefix)), applyOrder(order(prefix))]);
    expect(both.map(({ ok }) => ok)).toEqual([true, true]);
    await applyOrder(order(calm));
    expect(await state(prefix)).toEqual(await state(calm));
  });

  it('a process that is paused for longer than its lease changes nothing more when it wakes, and the next one finishes', async () => {
    const [prefix, calm] = [await place(), await place()];
    const child = spawn(process.execPath, [
      join(import.meta.dirname, 'apply.ts'),
      JSON.stringify(order(prefix, { catalog: 'one', leaseSeconds: 2 })),
    ]);
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    // It is about to make the service. Of one algorithm, so that no other call is on its way already: nobody can call that back.
    const resume = await pauseAt(proxy, child, { call: ({ operation }) => operation === 'ecs:RegisterTaskDefinition', when: 'after' });
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const [asleep, calls] = [await state(prefix), proxy.calls.length];
    resume();
    expect(await ended).toBe(1);
    expect(out).toContain('held up for more than the 2 seconds of its lease');
    expect(await state(prefix)).toEqual(asleep);
    const later = proxy.calls.slice(calls).map(({ operation }) => operation);
    expect(later.filter((operation) => !/:(Get|List|Describe|BatchGet|Scan)/.test(operation)).sort()).toEqual([
      'dynamodb:DeleteItem',
      's3:PutObject',
    ]); // its record and its lease
    expect((await applyOrder(order(prefix, { aheadMs: 60_000 }))).ok).toBe(true);
    await applyOrder(order(calm));
    expect(await state(prefix)).toEqual(await state(calm));
  });
});
