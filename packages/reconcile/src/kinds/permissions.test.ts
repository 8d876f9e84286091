import { PutScalingPolicyCommand, PutScheduledActionCommand } from '@aws-sdk/client-application-auto-scaling';
import { AttachRolePolicyCommand, PutRolePermissionsBoundaryCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import { TAGS } from '@mip/registry/names';
import { beforeAll, describe, expect, it } from 'vitest';
import { desire } from '../desire.ts';
import { changeTo } from '../plan.ts';
import { algorithm, clockOf, EVERY_KIND, input, platform, treeHash } from '../testing/fixtures.ts';
import { MemoryAws } from '../testing/memory-aws.ts';
import { KINDS } from './index.ts';
import { type Change, type Kind, NotYet, RolloutFailed, type Run, type Wanted } from './kind.ts';

/** No calls of their own: AWS asks for them when something with roles or tags is registered, and where an account's first service is scaled. */
const ASKED_FOR_BY_CALLS = ['iam:PassRole', 'ecs:TagResource', 'application-autoscaling:TagResource', 'iam:CreateServiceLinkedRole'];

/** What each kind called while it read, and while it wrote. */
const used = new Map<string, { read: Set<string>; write: Set<string> }>();

async function watch<T>(aws: MemoryAws, kind: Kind, part: 'read' | 'write', act: () => Promise<T>): Promise<T> {
  const from = aws.world.trace.length;
  const sets = used.get(kind.name) ?? { read: new Set(), write: new Set() };
  used.set(kind.name, sets);
  try {
    return await act();
  } finally {
    for (const { service, operation } of aws.world.trace.slice(from)) sets[part].add(`${service}:${operation}`);
  }
}

function runOf(aws: MemoryAws, tagPolicy: 'immutable' | 'mutable'): Run {
  return {
    ...platform(tagPolicy),
    commit: 'x',
    planDigest: 'x',
    now: () => new Date(aws.world.now),
    clock: clockOf(aws),
    adopt: new Set(),
  };
}

/** A delete that has to wait has made its calls. */
function waits(error: unknown): void {
  if (!(error instanceof NotYet)) throw error;
}

async function upsert(aws: MemoryAws, wanted: readonly Wanted[], run: Run): Promise<void> {
  for (const one of wanted) {
    const kind = KINDS.find(({ name }) => name === one.kind) as Kind;
    await watch(aws, kind, 'read', () => kind.list(aws, run));
    const observed = (await watch(aws, kind, 'read', () => kind.inspect(aws, run, new Map([[one.name, one]])))).get(one.name);
    try {
      await watch(aws, kind, 'write', () => kind.apply(aws, changeTo(one, observed), run));
    } catch (error) {
      if (!(error instanceof RolloutFailed)) throw error;
      await watch(aws, KINDS.at(-1) as Kind, 'write', async () => {
        for (const { fail } of KINDS)
          await fail?.(
            aws,
            { algorithm: 'seg', version: '1.0.0', reason: 'x', change: { ...changeTo(wanted.at(-1) as Wanted, undefined) } },
            run,
          );
      });
      return;
    }
  }
}

/** What makes an update call everything that it can. */
async function tamper({ iam, scaling, memory, names }: MemoryAws): Promise<void> {
  Object.assign(memory.ecr.repositories.get(names.repository('seg')) ?? {}, { imageScanningConfiguration: { scanOnPush: false } });
  Object.assign(memory.sqs.queues.get(names.requestQueue('seg'))?.tags ?? {}, { [TAGS.withdrawn]: 'x' });
  const RoleName = names.taskRole('seg');
  const PolicyArn = names.policyArn('other');
  memory.iam.policies.add(PolicyArn);
  const Statement = { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' };
  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: JSON.stringify({ Statement }) }));
  await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: PolicyArn }));
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  const target = {
    ServiceNamespace: 'ecs',
    ScalableDimension: 'ecs:service:DesiredCount',
    ResourceId: names.scalableTarget('seg'),
  } as const;
  await scaling.send(new PutScalingPolicyCommand({ ...target, PolicyName: 'other', PolicyType: 'StepScaling' }));
  const action = { Schedule: 'cron(0 0 * * ? *)', ScalableTargetAction: { MinCapacity: 1 } };
  await scaling.send(new PutScheduledActionCommand({ ...target, ScheduledActionName: 'other', ...action }));
}

const OVERRIDES = new Map([['seg', { count: 3, until: '2026-02-01T00:00:00.000Z' }]]);

beforeAll(async () => {
  const aws = new MemoryAws();
  const { algorithms } = input([algorithm('seg', EVERY_KIND)]);
  const editions = [1, 2, 3].map((edition) => new Map([['seg', treeHash('seg', edition)]]));
  const [first = [], between = [], second = []] = editions.map((hashes, index) =>
    desire(algorithms, { treeHashes: hashes, overrides: index === 2 ? OVERRIDES : new Map() }, platform(index ? 'mutable' : 'immutable')),
  );
  aws.fleet.does.set('seg@1.0.0', 'crashes');
  await upsert(aws, first, runOf(aws, 'immutable'));
  aws.fleet.does.clear();
  await upsert(aws, first, runOf(aws, 'immutable'));
  await tamper(aws);
  for (const wanted of [between, second]) await upsert(aws, wanted, runOf(aws, 'mutable'));
  for (const { kind: name, ...one } of second.toReversed()) {
    const kind = KINDS.find((candidate) => candidate.name === name) as Kind;
    const change: Change = { kind: name, name: one.name, algorithm: 'seg', action: 'delete' };
    await watch(aws, kind, 'write', () => kind.apply(aws, change, runOf(aws, 'mutable'))).catch(waits);
    aws.world.now += 60_000;
    await upsert(
      aws,
      second.filter((wanted) => wanted.kind === name && wanted.name === one.name),
      runOf(aws, 'mutable'),
    ); // back while it drains
    await watch(aws, kind, 'write', () => kind.apply(aws, change, runOf(aws, 'mutable'))).catch(waits);
    aws.world.now += 60_000;
    const observed = (await kind.inspect(aws, runOf(aws, 'mutable'), new Map([[one.name, undefined]]))).get(one.name);
    if (observed) await watch(aws, kind, 'write', () => kind.apply(aws, { ...change, observed }, runOf(aws, 'mutable')));
  }
  aws.world.now += 60_000;
  await upsert(aws, second, runOf(aws, 'mutable')); // back from retirement
});

describe.each(KINDS.map((kind) => [kind.name, kind] as const))('the permissions of %s', (name, { permissions }) => {
  it('to read are just what reading calls', () => {
    expect([...(used.get(name)?.read ?? [])].sort()).toEqual([...permissions.read].sort());
  });

  it('to write are just what writing calls beyond that', () => {
    const beyond = [...(used.get(name)?.write ?? [])].filter((operation) => !permissions.read.includes(operation));
    const declared = permissions.write.filter((operation) => beyond.includes(operation) || !ASKED_FOR_BY_CALLS.includes(operation));
    expect(beyond.sort()).toEqual([...declared].sort());
  });
});
