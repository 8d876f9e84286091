import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  NoSuchEntityException,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import { physicalNames } from '@mip/registry/names';
import { beforeEach, describe, expect, it } from 'vitest';
import { apply, plan } from '../reconcile.ts';
import { algorithm, input, platform, rerun, run, runOptions, settle } from '../testing/fixtures.ts';
import { describeKind } from '../testing/kind-contract.ts';
import { MemoryAws } from '../testing/memory-aws.ts';
import { sorted, stateOf } from '../testing/state.ts';
import { taskRole } from './task-role.ts';

const ROLE = 'mip-eu-central-1-seg-task';
const NAMES = platform().names;
const catalog = input([algorithm('seg')]);
const ANYBODY = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' },
});
const EVERYTHING = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } });
const OTHER_POLICY = NAMES.policyArn('other');

describeKind(taskRole, [
  { what: 'a new version keeps the role', to: { version: '1.1.0' }, fields: [] },
  { what: 'a class of roles is none of its business', to: { role_class: 'standard' }, fields: [] },
]);

let aws: MemoryAws;
beforeEach(async () => {
  aws = new MemoryAws();
  aws.memory.iam.policies.add(OTHER_POLICY);
  await run(aws, catalog);
});

describe('the role of an algorithm', () => {
  /** Of the default version, of later majors, and of further releases. */
  const queues = (...ends: readonly string[]) =>
    ['seg'].flatMap((line) => ends.map((end) => `arn:aws:sqs:eu-central-1:000000000000:mip-${line}-${end}.fifo`)).sort();
  const bucket = 'arn:aws:s3:::mip-000000000000-eu-central-1';

  it('is for the tasks of this account and region, within the boundary', () => {
    const { path, boundary, trust } = aws.memory.iam.roles.get(ROLE) ?? {};
    expect(path).toBe('/mip/test/');
    expect(boundary).toBe('arn:aws:iam::000000000000:policy/mip/test/mip-eu-central-1-task-boundary');
    expect(JSON.parse(trust ?? '').Statement).toEqual([
      {
        Sid: 'Tasks',
        Effect: 'Allow',
        Principal: { Service: 'ecs-tasks.amazonaws.com' },
        Action: 'sts:AssumeRole',
        Condition: {
          StringEquals: { 'aws:SourceAccount': '000000000000' },
          ArnLike: { 'aws:SourceArn': 'arn:aws:ecs:eu-central-1:000000000000:*' },
        },
      },
    ]);
  });

  const GRANTS: readonly (readonly [string, readonly string[]])[] = [
    ['sqs:ReceiveMessage', queues('requests')],
    ['sqs:DeleteMessage', queues('requests')],
    ['sqs:ChangeMessageVisibility', queues('requests')],
    ['sqs:GetQueueAttributes', queues('requests')],
    ['sqs:SendMessage', ['arn:aws:sqs:eu-central-1:000000000000:mip-results.fifo', ...queues('requests', 'requests-dlq')]],
    ['dynamodb:GetItem', ['arn:aws:dynamodb:eu-central-1:000000000000:table/mip-jobs']],
    ['dynamodb:UpdateItem', ['arn:aws:dynamodb:eu-central-1:000000000000:table/mip-jobs']],
    ['dynamodb:Query', ['arn:aws:dynamodb:eu-central-1:000000000000:table/mip-images']],
    ['s3:GetObject', [`${bucket}-images/*`, `${bucket}-results/algorithms/seg/*`, `${bucket}-results/quarantine/seg/*`]],
    ['s3:PutObject', [`${bucket}-results/algorithms/seg/*`, `${bucket}-results/quarantine/seg/*`]],
  ];

  it.each(GRANTS)('may %s on its own only, and nothing more', (action, resources) => {
    const statements: { Action: string[]; Resource: string[]; Condition?: unknown }[] = JSON.parse(
      aws.memory.iam.roles.get(ROLE)?.inline.get('task') ?? '',
    ).Statement;
    const granted = statements.filter(({ Action }) => [Action].flat().includes(action)).flatMap(({ Resource }) => Resource);
    expect(granted.toSorted()).toEqual(resources);
    for (const one of statements) expect(one.Condition).toBeUndefined();
    expect(new Set(statements.flatMap(({ Action }) => Action)).size).toBe(GRANTS.length);
  });

  it('says in its description whose it is, for the list that has no tags', () => {
    const { description = '', tags = {} } = aws.memory.iam.roles.get(ROLE) ?? {};
    expect(description).toBe(
      `What the tasks of the algorithm seg may do. mip:managed-by=mip mip:algorithm=seg mip:spec-hash=${tags['mip:spec-hash']}`,
    );
  });

  it('is not made where roles are shared by class, and goes where they become so, after what used it', async () => {
    const shared = { ...catalog, platform: { ...catalog.platform, rolesUpTo: 0 } };
    const report = await run(aws, shared);
    expect(report.outcomes.map(({ action, kind }) => `${action} ${kind}`)).toContain('update task-definition');
    expect(report.outcomes.at(-1)).toMatchObject({ action: 'delete', kind: 'task-role', result: 'done' });
    expect(aws.memory.iam.roles.size).toBe(0);
    expect(aws.memory.ecs.revisions.at(-1)?.registered.taskRoleArn).toBe(NAMES.roleArn('mip-eu-central-1-class_standard'));
    expect((await run(aws, shared)).plan.changes).toEqual([]);
  });

  it('that IAM does not know everywhere yet is finished by a later run', async () => {
    const both = input([algorithm('seg'), algorithm('new')]);
    aws.world.fail = ({ operation }) =>
      operation === 'PutRolePolicy' ? new NoSuchEntityException({ message: 'cannot be found', $metadata: {} }) : undefined;
    const report = await rerun(aws, both);
    expect(report.outcomes.find(({ result }) => result === 'waiting')?.reason).toBe(
      'IAM does not know the role mip-eu-central-1-new-task yet',
    );
    expect((await run(aws, both)).plan.changes[0]).toMatchObject({ action: 'update', kind: 'task-role' });
    expect((await plan(aws, both, 'deep')).plan.changes).toEqual([]);
  });

  it('of another region under the same path is not taken for one of this region', async () => {
    const { taskRole: name } = physicalNames({ prefix: 'mip', account: '000000000000', region: 'eu-west-1', platform: 'test' });
    const Tags = [{ Key: 'mip:managed-by', Value: 'mip' }];
    const Description = 'mip:managed-by=mip mip:algorithm=gone mip:spec-hash=x';
    await aws.iam.send(
      new CreateRoleCommand({ RoleName: name('gone'), Path: '/mip/test/', AssumeRolePolicyDocument: ANYBODY, Description, Tags }),
    );
    expect((await plan(aws, catalog)).plan.changes).toEqual([]);
  });
});

describe('what somebody did to a role', () => {
  const role = { RoleName: ROLE };

  it.each([
    [
      'its trust',
      new UpdateAssumeRolePolicyCommand({ ...role, PolicyDocument: ANYBODY }),
      ['/trust/Statement/#0', '/trust/Statement/Tasks'],
    ],
    ['its boundary', new PutRolePermissionsBoundaryCommand({ ...role, PermissionsBoundary: OTHER_POLICY }), ['/boundary']],
    [
      'its policy',
      new PutRolePolicyCommand({ ...role, PolicyName: 'task', PolicyDocument: EVERYTHING }),
      ['#0', 'FindImages', 'HandBack', 'Jobs', 'ReadImages', 'Receive', 'Results', 'Tell'].map((sid) => `/policies/task/Statement/${sid}`),
    ],
    ['a policy more', new PutRolePolicyCommand({ ...role, PolicyName: 'more', PolicyDocument: EVERYTHING }), ['/policies/more']],
    ['a managed policy', new AttachRolePolicyCommand({ ...role, PolicyArn: OTHER_POLICY }), ['/attached']],
    ['its description', new UpdateRoleCommand({ ...role, Description: 'Mine.' }), ['/tags/mip:spec-hash']],
    ['the hash in its tags', new TagRoleCommand({ ...role, Tags: [{ Key: 'mip:spec-hash', Value: 'sha256:0' }] }), ['/tags/mip:spec-hash']],
  ] as const)('%s is named field by field, and healed', async (_, tamper, paths) => {
    const before = sorted(stateOf(aws));
    await aws.iam.send(tamper as UpdateRoleCommand);
    const prepared = await plan(aws, catalog, 'deep');
    expect(prepared.plan.changes.flatMap(({ kind, fields }) => fields.map(({ path }) => `${kind} ${path}`))).toEqual(
      paths.map((path) => `task-role ${path}`),
    );
    await apply(aws, prepared, runOptions(aws));
    expect(sorted(stateOf(aws))).toEqual(before);
  });

  it('does not keep it when the algorithm leaves', async () => {
    await run(aws, input([algorithm('seg'), algorithm('stay')]));
    await aws.iam.send(new PutRolePolicyCommand({ ...role, PolicyName: 'more', PolicyDocument: EVERYTHING }));
    await aws.iam.send(new AttachRolePolicyCommand({ ...role, PolicyArn: OTHER_POLICY }));
    expect((await settle(aws, input([algorithm('stay')]))).ok).toBe(true);
    expect([...aws.memory.iam.roles.keys()]).toEqual(['mip-eu-central-1-stay-task']);
  });
});

describe('a role that is refused', () => {
  const make = (Path: string, owner?: string) => {
    const Tags = owner ? [{ Key: 'mip:managed-by', Value: owner }] : [];
    const Description = 'mip:managed-by=mip mip:algorithm=new mip:spec-hash=x'; // what anybody can write
    return aws.iam.send(
      new CreateRoleCommand({ RoleName: NAMES.taskRole('new'), Path, AssumeRolePolicyDocument: ANYBODY, Description, Tags }),
    );
  };

  it('belongs to nobody by its tags, whatever its description says', async () => {
    await make('/mip/test/');
    const { refusals } = (await plan(aws, input([algorithm('seg'), algorithm('new')]))).plan;
    expect(refusals.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^task-role mip-eu-central-1-new-task exists and belongs to nobody that tagged it/),
    ]);
    expect((await plan(aws, catalog)).plan.changes).toEqual([]); // nor is it deleted
  });

  it('lies under another path', async () => {
    await make('/', 'mip');
    const { refusals } = (await plan(aws, input([algorithm('seg'), algorithm('new')]))).plan;
    expect(refusals.map(({ reason }) => reason)).toEqual([
      "role mip-eu-central-1-new-task has the path /, and a role's path cannot be changed",
    ]);
  });
});
