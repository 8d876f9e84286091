/** IAM in memory says no where IAM does. */
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  type CreateRoleCommandInput,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListRolesCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import { beforeEach, describe, expect, it } from 'vitest';
import { rolesUnder } from '../aws/roles.ts';
import { MemoryAws } from './memory-aws.ts';

const RoleName = 'mip-eu-central-1-seg-task';
const BOUNDARY = 'arn:aws:iam::000000000000:policy/mip/test/mip-eu-central-1-task-boundary';
const TRUST = policy({ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' });
const GRANT = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' };

let aws: MemoryAws;
beforeEach(async () => {
  aws = new MemoryAws();
  await create({});
});

function policy(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

function create(over: Partial<CreateRoleCommandInput>) {
  return aws.iam.send(new CreateRoleCommand({ RoleName, Path: '/mip/test/', AssumeRolePolicyDocument: TRUST, ...over }));
}

function put(PolicyDocument: string, PolicyName = 'task') {
  return aws.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
}

const tags = (count: number) => Array.from({ length: count }, (_, index) => ({ Key: `mip:${index}`, Value: 'x' }));

describe('IAM refuses a role with', () => {
  it.each<[string, Partial<CreateRoleCommandInput>, string]>([
    ['65 characters', { RoleName: 'r'.repeat(65) }, 'ValidationError'],
    ['a slash in its name', { RoleName: 'a/b' }, 'ValidationError'],
    ['a path that does not end in a slash', { RoleName: 'a', Path: '/mip' }, 'ValidationError'],
    ['a path of 513 characters', { RoleName: 'a', Path: `/${'p'.repeat(511)}/` }, 'ValidationError'],
    ['a description of 1,001 characters', { RoleName: 'a', Description: 'd'.repeat(1001) }, 'ValidationError'],
    ['a description with an arrow', { RoleName: 'a', Description: 'old → new' }, 'ValidationError'],
    ['51 tags', { RoleName: 'a', Tags: tags(51) }, 'LimitExceededException'],
    ['a tag twice', { RoleName: 'a', Tags: [...tags(1), ...tags(1)] }, 'InvalidInputException'],
    ['a name that differs by case only', { RoleName: RoleName.toUpperCase() }, 'EntityAlreadyExistsException'],
    ['a boundary that does not exist', { RoleName: 'a', PermissionsBoundary: `${BOUNDARY}s` }, 'NoSuchEntityException'],
    ['a trust policy that is no JSON', { RoleName: 'a', AssumeRolePolicyDocument: '{' }, 'MalformedPolicyDocumentException'],
    ['a trust policy without a principal', { RoleName: 'a', AssumeRolePolicyDocument: policy(GRANT) }, 'MalformedPolicyDocumentException'],
    [
      'a trust policy of more than 2,048 characters',
      { RoleName: 'a', AssumeRolePolicyDocument: TRUST.replace('ecs', 'e'.repeat(2048)) },
      'LimitExceededException',
    ],
  ])('%s', async (_, over, name) => {
    await expect(create(over)).rejects.toMatchObject({ name });
  });

  it('anything at all once there are 1,000', async () => {
    for (let number = 1; number < 1000; number++) await create({ RoleName: `r${number}` });
    await expect(create({ RoleName: 'r1000' })).rejects.toMatchObject({ name: 'LimitExceededException' });
  });

  it('a boundary, a description or a trust policy that is changed to one of those', async () => {
    const change = (command: UpdateRoleCommand) => expect(aws.iam.send(command)).rejects;
    await change(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: 'x' }) as never).toThrow('does not exist');
    await change(new UpdateRoleCommand({ RoleName, Description: '→' })).toThrow('Description');
    await change(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: '{}' }) as never).toThrow('statement');
    await aws.iam.send(new TagRoleCommand({ RoleName, Tags: tags(50) }));
    await change(new TagRoleCommand({ RoleName, Tags: [{ Key: 'one', Value: 'more' }] }) as never).toThrow('maximum');
  });
});

describe('IAM refuses a policy', () => {
  it.each([
    ['that is no JSON', 'x'],
    ['that is null', 'null'],
    ['without a statement', '{"Version":"2012-10-17"}'],
    ['of another version', '{"Version":"2013-01-01","Statement":[]}'],
    ['without an effect', policy({ Action: '*', Resource: '*' })],
    ['without an action', policy({ Effect: 'Allow', Resource: '*' })],
    ['without a resource', policy({ Effect: 'Allow', Action: '*' })],
    ['with a principal', policy({ ...GRANT, Principal: '*' })],
    ['with a Sid twice', policy({ Sid: 'A', ...GRANT }, { Sid: 'A', ...GRANT })],
    ['with a hyphen in a Sid', policy({ Sid: 'a-b', ...GRANT })],
  ])('%s', async (_, document) => {
    await expect(put(document)).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' });
  });

  it('that makes more than 10,240 characters with the others, white space not counted', async () => {
    const sized = (characters: number) => policy({ ...GRANT, Resource: 'r'.repeat(characters) });
    const rest = sized(0).length;
    await put(sized(5120 - rest), 'a');
    await put(sized(5120 - rest).replace('r', `${' '.repeat(99)}r`), 'b');
    await expect(put(sized(0), 'c')).rejects.toMatchObject({ name: 'LimitExceededException' });
    await expect(put(sized(5121 - rest), 'b')).rejects.toMatchObject({ name: 'LimitExceededException' });
  });

  it('that is not there, and one of a role that is not there', async () => {
    const none = { name: 'NoSuchEntityException' };
    await expect(aws.iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: 'x' }))).rejects.toMatchObject(none);
    await expect(aws.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'x' }))).rejects.toMatchObject(none);
    await expect(aws.iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: BOUNDARY }))).rejects.toMatchObject(none);
    await expect(aws.iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: 'x' }))).rejects.toMatchObject(none);
    await expect(aws.iam.send(new GetRoleCommand({ RoleName: 'x' }))).rejects.toMatchObject(none);
  });
});

describe('IAM keeps a role', () => {
  it('until its policies are gone', async () => {
    const remove = () => aws.iam.send(new DeleteRoleCommand({ RoleName }));
    await put(policy(GRANT));
    await aws.iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: BOUNDARY }));
    await expect(remove()).rejects.toThrow('detach all policies');
    await aws.iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: BOUNDARY }));
    await expect(remove()).rejects.toThrow('delete policies');
    await aws.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'task' }));
    await remove();
    await expect(remove()).rejects.toMatchObject({ name: 'NoSuchEntityException' });
  });
});

describe('the list of roles', () => {
  it('is cut into pages, by path, and shows neither tags nor boundary', async () => {
    for (let number = 0; number < 100; number++) await create({ RoleName: `r${number}`, PermissionsBoundary: BOUNDARY, Tags: tags(1) });
    await create({ RoleName: 'elsewhere', Path: '/mip/testing/' });
    const { Roles = [], IsTruncated } = await aws.iam.send(new ListRolesCommand({ PathPrefix: '/mip/test/', MaxItems: 1000 }));
    expect(IsTruncated).toBe(true);
    expect(Roles.every((role) => !('Tags' in role || 'PermissionsBoundary' in role))).toBe(true);
    const names = new Set<string | undefined>();
    for await (const role of rolesUnder(aws.iam, '/mip/test/')) names.add(role.RoleName);
    expect(names.size).toBe(101);
    const { Role } = await aws.iam.send(new GetRoleCommand({ RoleName: 'r1' }));
    expect(Role).toMatchObject({ Tags: tags(1), PermissionsBoundary: { PermissionsBoundaryArn: BOUNDARY } });
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toBe(TRUST);
  });
});
