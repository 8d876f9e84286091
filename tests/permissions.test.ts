/** What infra grants to reconcile is what reconcile's code says that it calls, no less and no more; what reconcile grants to tasks lies within infra's boundary. */

import { KINDS } from '@mip/reconcile';
import { describe, expect, it } from 'vitest';
import { actionsOf, allows, covers, managedStatementsOf, type Statement, statementsOf } from '../infra/test/policies.ts';
import { PLATFORM, synthesise } from '../infra/test/synthesised.ts';
import { algorithm, platform } from '../packages/reconcile/src/testing/fixtures.ts';

/** What a run calls beside its kinds: the platform's facts, the history of runs, the lease. */
const RUN_PERMISSIONS = {
  read: ['ssm:GetParameter', 's3:GetObject', 's3:ListBucket'],
  write: ['dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 's3:PutObject'],
} as const;

/** The platform of reconcile's own fixtures, so that names meet. */
const { region, names } = platform();
const { account } = names;
const aws = synthesise(
  { ...PLATFORM, prefix: names.cluster.replace(/-cluster$/, ''), account, name: platform().name, regions: [region] },
  false,
);

/** What the build action calls to push an image, beside what the kind of its repository does. */
const PUSH_PERMISSIONS = [
  ...['ecr:GetAuthorizationToken', 'ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:PutImage'],
  ...['ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload'],
];

const sorted = (actions: readonly string[]) => [...new Set(actions)].sort();
const reads = [...KINDS.flatMap(({ permissions }) => permissions.read), ...RUN_PERMISSIONS.read];
const writes = [...KINDS.flatMap(({ permissions }) => permissions.write), ...RUN_PERMISSIONS.write];

describe('the roles of reconcile', () => {
  it('plan may do just what reading calls', () => {
    expect(actionsOf(statementsOf(aws, names.planRole))).toEqual(sorted(reads));
  });

  it('apply may do just what reading and writing call', () => {
    expect(actionsOf(statementsOf(aws, names.applyRole))).toEqual(sorted([...reads, ...writes]));
  });

  it('build may do just what reading, writing image repositories and pushing into them call', () => {
    const repositories = KINDS.find(({ name }) => name === 'image-repository')?.permissions.write ?? [];
    const expected = sorted([...reads, ...repositories, ...RUN_PERMISSIONS.write, ...PUSH_PERMISSIONS]);
    expect(actionsOf(statementsOf(aws, names.buildRole))).toEqual(expected);
  });

  it('scale may do no more than apply', () => {
    const apply = actionsOf(statementsOf(aws, names.applyRole));
    expect(actionsOf(statementsOf(aws, names.scaleRole)).filter((action) => !apply.includes(action))).toEqual([]);
  });
});

/** As far as the spec of the kind task-role is looked at here; statements by their `Sid`. */
interface TaskRole {
  readonly boundary: string;
  readonly policies: Readonly<Record<string, { readonly Statement: Readonly<Record<string, Statement>> }>>;
}

/** What reconcile wants for an algorithm with a role of its own. */
function taskRoleOf(name: string): TaskRole {
  const kind = KINDS.find((one) => one.name === 'task-role');
  return kind?.desire(algorithm(name), { ...platform(), taskRoles: 'own' }, [])[0]?.spec as TaskRole;
}

function rightsOf({ policies }: TaskRole): readonly Statement[] {
  return Object.values(policies).flatMap(({ Statement }) => Object.values(Statement));
}

describe.each(['seg', 'a'.repeat(36)])('the task role of %s', (name) => {
  const role = taskRoleOf(name);
  const statements = rightsOf(role);
  const boundary = managedStatementsOf(aws, names.taskBoundary);

  it('lies within the boundary: each of its rights is one of the boundary', () => {
    const rights = statements.flatMap(({ Action, Resource }) =>
      [Action].flat().flatMap((action) => [Resource].flat().map((resource) => ({ action, resource }))),
    );
    expect(rights.length).toBeGreaterThan(5);
    expect(rights.filter((right) => !allows(boundary, right))).toEqual([]);
  });

  it('has the boundary that infra makes', () => {
    const made = aws.resources('AWS::IAM::ManagedPolicy').map(({ Properties }) => `${Properties.Path}${Properties.ManagedPolicyName}`);
    expect(made.map((policy) => `arn:aws:iam::${account}:policy${policy}`)).toContain(role.boundary);
  });

  it('can do all that the boundary allows: a right that no task needs is not in it', () => {
    const unused = actionsOf(boundary).filter((action) => !actionsOf(statements).includes(action));
    expect(unused).toEqual([]);
  });

  it('is one that apply may make and pass on', () => {
    const apply = statementsOf(aws, names.applyRole);
    const resource = names.roleArn(names.taskRole(name));
    const context = { 'aws:RequestTag/mip:managed-by': PLATFORM.catalog_id, 'iam:PermissionsBoundary': role.boundary };
    expect(allows(apply, { action: 'iam:CreateRole', resource, context })).toBe(true);
    expect(allows(apply, { action: 'iam:PassRole', resource, context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } })).toBe(true);
  });
});

it('a role of one algorithm reaches no queue and no results of another', () => {
  const statements = rightsOf(taskRoleOf('seg'));
  const queue = names.queueArn(names.requestQueue('seg-two'));
  const results = `${names.bucketArn('results')}/${names.resultPrefix('seg-two')}x`;
  expect(allows(statements, { action: 'sqs:ReceiveMessage', resource: queue })).toBe(false);
  expect(allows(statements, { action: 's3:PutObject', resource: results })).toBe(false);
});

it.each([
  ['a-*', 'a-b', true],
  ['a-*', 'a-*-c', true],
  ['a-*-c', 'a-*', false],
  ['a?', 'ab', true],
  ['a?', 'a*', false],
  ['a.b', 'axb', false],
])('the pattern %s covers %s: %s', (pattern, other, expected) => {
  expect(covers(pattern, other)).toBe(expected);
});
