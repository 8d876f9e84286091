/** The local cloud's Application Auto Scaling, held against another emulator's by the same calls; and what only the local one does. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ApplicationAutoScalingClient,
  DeleteScalingPolicyCommand,
  DeleteScheduledActionCommand,
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
  DescribeScheduledActionsCommand,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { trackingOf } from '@mip/reconcile/aws/scaling-policy';
import { algorithm, platform } from '@mip/reconcile/testing/fixtures';
import { execa } from 'execa';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { type ScalingServer, startScaling } from './scaling.ts';
import { runDueActions } from './scaling-operations.ts';

const SEG = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount', ResourceId: 'service/mip-cluster/mip-seg' } as const;
const NOBODY = { ...SEG, ResourceId: 'service/mip-cluster/mip-nobody' } as const;
const POLICY = {
  PolicyName: 'mip-seg',
  PolicyType: 'TargetTrackingScaling',
  TargetTrackingScalingPolicyConfiguration: trackingOf(algorithm('seg'), platform().names),
} as const;
const action = (Schedule: string) => ({ ScheduledActionName: 'end', Schedule, ScalableTargetAction: { MinCapacity: 0, MaxCapacity: 2 } });

interface Place {
  readonly scaling: ApplicationAutoScalingClient;
  readonly ecs: ECSClient;
}

let emulator: TestEmulator;
let home: string;
let server: ScalingServer;
let stopMoto: () => void;
const places = new Map<string, Place>();

beforeAll(async () => {
  emulator = await openEmulator();
  home = mkdtempSync(join(tmpdir(), 'mip-scaling-'));
  server = await startScaling({ home, connection: emulator.connection });
  places.set('the local cloud', {
    scaling: new ApplicationAutoScalingClient({ ...emulator.connection, endpoint: server.url }),
    ecs: new ECSClient(emulator.connection),
  });
  const moto = await startMoto();
  const connection = { ...emulator.connection, endpoint: moto.url };
  stopMoto = moto.stop;
  places.set('moto', { scaling: new ApplicationAutoScalingClient(connection), ecs: new ECSClient(connection) });
  for (const { ecs } of places.values()) await makeService(ecs);
}, 60_000);

afterAll(async () => {
  stopMoto();
  await server.stop();
  await emulator.stop();
  rmSync(home, { recursive: true, force: true });
});

async function startMoto(): Promise<{ url: string; stop: () => void }> {
  const port = await getPort({ host: '127.0.0.1' });
  const child = execa(join(import.meta.dirname, '../../../.venv/bin/moto_server'), ['-H', '127.0.0.1', '-p', String(port)], {
    reject: false,
  });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await fetch(`${url}/moto-api/data.json`).catch(() => undefined))?.ok) return { url, stop: () => child.kill() };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('moto does not answer');
}

async function makeService(ecs: ECSClient): Promise<void> {
  await ecs.send(new CreateClusterCommand({ clusterName: 'mip-cluster' }));
  const containerDefinitions = [{ name: 'worker', image: 'x', memory: 128 }];
  await ecs.send(new RegisterTaskDefinitionCommand({ family: 'mip-seg', containerDefinitions }));
  await ecs.send(new CreateServiceCommand({ cluster: 'mip-cluster', serviceName: 'mip-seg', taskDefinition: 'mip-seg', desiredCount: 1 }));
}

describe.each(['the local cloud', 'moto'])('Application Auto Scaling of %s', (name) => {
  const place = () => places.get(name) as Place;
  const send: ApplicationAutoScalingClient['send'] = (...args: never[]) => (place().scaling.send as (...args: never[]) => never)(...args);

  it('registers a service, and sets other bounds', async () => {
    await send(new RegisterScalableTargetCommand({ ...SEG, MinCapacity: 0, MaxCapacity: 8, Tags: { 'mip:managed-by': 'mip' } }));
    await send(new RegisterScalableTargetCommand({ ...SEG, MinCapacity: 1, MaxCapacity: 4 }));
    const { ScalableTargets } = await send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs', ResourceIds: [SEG.ResourceId] }));
    expect(ScalableTargets).toMatchObject([{ ...SEG, MinCapacity: 1, MaxCapacity: 4 }]);
  });

  it('gives a policy back as it was put, and one of the same name in its place', async () => {
    await send(new PutScalingPolicyCommand({ ...SEG, ...POLICY }));
    const changed = { ...POLICY.TargetTrackingScalingPolicyConfiguration, TargetValue: 2 };
    await send(new PutScalingPolicyCommand({ ...SEG, ...POLICY, TargetTrackingScalingPolicyConfiguration: changed }));
    const { ScalingPolicies } = await send(new DescribeScalingPoliciesCommand(SEG));
    expect(ScalingPolicies?.map((one) => [one.PolicyName, one.PolicyType, one.TargetTrackingScalingPolicyConfiguration])).toEqual([
      ['mip-seg', 'TargetTrackingScaling', changed],
    ]);
  });

  it('gives a scheduled action back as it was put', async () => {
    await send(new PutScheduledActionCommand({ ...SEG, ...action('at(2099-01-01T00:00:00)') }));
    const { ScheduledActions } = await send(new DescribeScheduledActionsCommand(SEG));
    expect(ScheduledActions).toMatchObject([action('at(2099-01-01T00:00:00)')]);
  });

  it('refuses a service that is not there', async () => {
    const call = send(new RegisterScalableTargetCommand({ ...NOBODY, MinCapacity: 0, MaxCapacity: 1 }));
    await expect(call).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('forgets action, policy and service', async () => {
    await send(new DeleteScheduledActionCommand({ ...SEG, ScheduledActionName: 'end' }));
    expect((await send(new DescribeScheduledActionsCommand(SEG))).ScheduledActions).toEqual([]);
    await send(new DeleteScalingPolicyCommand({ ...SEG, PolicyName: 'mip-seg' }));
    expect((await send(new DescribeScalingPoliciesCommand(SEG))).ScalingPolicies).toEqual([]);
    await send(new DeregisterScalableTargetCommand(SEG));
    expect((await send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs' }))).ScalableTargets).toEqual([]);
  });
});

describe('the local cloud', () => {
  const { scaling, ecs } = { scaling: () => places.get('the local cloud')?.scaling, ecs: () => places.get('the local cloud')?.ecs };
  const tasks = async () => {
    const answer = await ecs()?.send(new DescribeServicesCommand({ cluster: 'mip-cluster', services: ['mip-seg'] }));
    return answer?.services?.[0]?.desiredCount;
  };

  // As AWS's pages say; moto takes the second and calls the others by another name.
  it.each([
    ['a policy', new DeleteScalingPolicyCommand({ ...NOBODY, PolicyName: 'x' })],
    ['an action', new DeleteScheduledActionCommand({ ...NOBODY, ScheduledActionName: 'x' })],
    ['a target', new DeregisterScalableTargetCommand(NOBODY)],
  ])('says that %s is not there to be deleted', async (_, command) => {
    await expect(scaling()?.send(command as DeregisterScalableTargetCommand)).rejects.toMatchObject({ name: 'ObjectNotFoundException' });
  });

  it('brings the number of tasks between the bounds, refuses what AWS refuses, and runs an action once, at its time', async () => {
    await scaling()?.send(new RegisterScalableTargetCommand({ ...SEG, MinCapacity: 3, MaxCapacity: 3 }));
    expect(await tasks()).toBe(3);
    await expect(scaling()?.send(new RegisterScalableTargetCommand({ ...SEG, MinCapacity: 4 }))).rejects.toThrow('less than minimum');
    await expect(scaling()?.send(new PutScheduledActionCommand({ ...SEG, ...action('at(2020-01-01T00:00:00)') }))).rejects.toThrow(
      'future',
    );
    await scaling()?.send(new PutScheduledActionCommand({ ...SEG, ...action('at(2099-01-01T00:00:00)') }));
    await runDueActions(server.targets, server.services, Date.UTC(2098, 0));
    expect(await tasks()).toBe(3);
    await runDueActions(server.targets, server.services, Date.UTC(2099, 0));
    expect(await tasks()).toBe(2);
    expect(server.targets.find(SEG.ResourceId)).toMatchObject({ min: 0, max: 2, actions: {} });
  });

  it('knows after a restart what it knew before', async () => {
    const before = server.targets.all();
    await server.stop();
    server = await startScaling({ home, connection: emulator.connection });
    expect(server.targets.all()).toEqual(before);
    expect(before).toHaveLength(1);
  });
});
