/** The IAM role that the tasks of one algorithm take on, whatever their version: its own queue, the images, its own results. */

import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import { type PhysicalNames, TAGS } from '@mip/registry/names';
import { type Algorithm, hasCandidates, lineOf } from '../algorithm.ts';
import { readEach, readFound } from '../aws/batches.ts';
import type { Aws } from '../aws/clients.ts';
import { type PolicyDocument, policy, policyText } from '../aws/policies.ts';
import { attachedPolicies, decodePolicy, findRole, inlinePolicies, readInlinePolicy, rolesUnder, unlessMissing } from '../aws/roles.ts';
import { describedTags, tagRecord, tagsInWords, upperTags } from '../aws/tags.ts';
import { diffFields } from '../change.ts';
import { versionsOf } from '../served.ts';
import { type Change, type Kind, type Listed, NotYet, type Observed, ownership, type Run, tagsOf, type Wanted, want } from './kind.ts';

export interface TaskRoleSpec {
  /** Cannot be changed. */
  readonly path: string;
  /** The ARN of the managed policy that the role cannot reach beyond. */
  readonly boundary: string | null;
  readonly trust: PolicyDocument;
  /** Inline, by name; a role that is as wanted has one. */
  readonly policies: Readonly<Record<string, PolicyDocument>>;
  /** The ARNs of managed policies, sorted; a role that is as wanted has none. */
  readonly attached: readonly string[];
}

const POLICY = 'task';

export const taskRole: Kind<TaskRoleSpec> = {
  name: 'task-role',
  permissions: {
    read: ['iam:ListRoles', 'iam:GetRole', 'iam:ListRolePolicies', 'iam:ListAttachedRolePolicies', 'iam:GetRolePolicy'],
    write: [
      ...['iam:CreateRole', 'iam:TagRole', 'iam:PutRolePolicy', 'iam:UpdateRole', 'iam:UpdateAssumeRolePolicy'],
      ...['iam:PutRolePermissionsBoundary', 'iam:DeleteRolePolicy', 'iam:DetachRolePolicy', 'iam:DeleteRole'],
    ],
  },
  causes: {},

  /** Where there are too many algorithms for a role each, they share the roles by class that CDK makes. */
  desire(algorithm, { names, taskRoles }) {
    if (taskRoles === 'class') return [];
    const spec: TaskRoleSpec = {
      path: names.rolePath,
      boundary: names.policyArn(names.taskBoundary),
      trust: trustOf(names),
      policies: { [POLICY]: grantsOf(algorithm, names) },
      attached: [],
    };
    return [want('task-role', algorithm, names.taskRole(algorithm.name), spec)];
  },

  /** The tag index has no roles and the list of roles has no tags, but it has descriptions; `inspect` goes by the tags. */
  async list(aws, { catalogId, names }) {
    const listed = new Map<string, Listed>();
    const here = names.taskRole('').slice(0, -'-task'.length); // IAM is global: the same path holds the roles of other regions
    for await (const { RoleName = '', Description } of rolesUnder(aws.iam, names.rolePath)) {
      const { owner, ...rest } = ownership(describedTags(Description));
      if (RoleName.startsWith(here) && owner === catalogId) listed.set(RoleName, rest);
    }
    return listed;
  },

  async inspect(aws, _owner, subjects) {
    return readFound(subjects.keys(), (name) => observe(aws, name));
  },

  diff: diffFields,

  refuse({ name, spec }, { spec: observed }) {
    return observed.path === spec.path ? undefined : `role ${name} has the path ${observed.path}, and a role's path cannot be changed`;
  },

  async apply(aws, change, run) {
    if (change.action === 'delete') return remove(aws, change.name);
    const wanted = change.wanted as Wanted<TaskRoleSpec>;
    if (change.action === 'create') await create(aws, wanted, run);
    else await update(aws, change, wanted);
    await grant(aws, wanted);
    const tags = tagsOf(wanted, run);
    await aws.iam.send(new TagRoleCommand({ RoleName: wanted.name, Tags: upperTags(tags) }));
    await aws.iam.send(new UpdateRoleCommand({ RoleName: wanted.name, Description: described(tags) })); // last: the hash says the rest is there
  },
};

/** ECS may take the role on, for this account's tasks in this region only. */
function trustOf({ account, ecsArns }: PhysicalNames): PolicyDocument {
  return policy({
    Tasks: {
      Effect: 'Allow',
      Principal: { Service: 'ecs-tasks.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'aws:SourceAccount': account }, ArnLike: { 'aws:SourceArn': ecsArns } },
    },
  });
}

/** The workers of a version that is served no more finish what is left: their queue stays in reach until it is gone. */
function grantsOf(algorithm: Algorithm, names: PhysicalNames): PolicyDocument {
  const versions = versionsOf(algorithm);
  const lines = [...versions.map(lineOf), ...(algorithm.draining ?? [])];
  const requests = lines.map((line) => names.queueArn(names.requestQueue(line)));
  const deadLetters = lines.map((line) => names.queueArn(names.deadLetterQueue(line)));
  const candidates = versions.filter(hasCandidates).map((one) => names.queueArn(names.candidateQueue(lineOf(one))));
  const results = [names.resultPrefix(algorithm.name), names.quarantinePrefix(algorithm.name)].map(
    (prefix) => `${names.bucketArn('results')}/${prefix}*`,
  );
  const allow = (Action: string[], Resource: string[]) => ({ Effect: 'Allow', Action, Resource });
  const take = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'];
  return policy({
    Receive: allow(take, [...requests, ...candidates]),
    HandBack: allow(['sqs:SendMessage'], [...requests, ...deadLetters, ...candidates]),
    Tell: allow(['sqs:SendMessage'], [names.queueArn(names.resultsQueue)]),
    Jobs: allow(['dynamodb:GetItem', 'dynamodb:UpdateItem'], [names.tableArn('jobs')]),
    FindImages: allow(['dynamodb:Query'], [names.tableArn('images')]),
    ReadImages: allow(['s3:GetObject'], [`${names.bucketArn('images')}/*`]),
    Results: allow(['s3:GetObject', 's3:PutObject'], results),
  });
}

/** The tags once more, where the list of roles shows them. */
function described(tags: Readonly<Record<string, string>>): string {
  return `What the tasks of the algorithm ${tags[TAGS.algorithm]} may do. ${tagsInWords(tags)}`;
}

async function observe(aws: Aws, name: string): Promise<Observed<TaskRoleSpec> | undefined> {
  const role = await findRole(aws.iam, name);
  const policies = role && (await unlessMissing(() => policiesOf(aws, name)));
  if (!role || !policies) return undefined;
  const tags = tagRecord(role.Tags);
  const { specHash } = ownership(describedTags(role.Description));
  const spec = {
    path: role.Path ?? '',
    boundary: role.PermissionsBoundary?.PermissionsBoundaryArn ?? null,
    trust: decodePolicy(role.AssumeRolePolicyDocument ?? ''),
    ...policies,
  };
  return { name, ...ownership(tags), specHash: tags[TAGS.specHash] === specHash ? specHash : undefined, spec };
}

async function policiesOf(aws: Aws, name: string): Promise<Pick<TaskRoleSpec, 'policies' | 'attached'>> {
  const [inline, attached] = await Promise.all([inlinePolicies(aws.iam, name), attachedPolicies(aws.iam, name)]);
  const documents = await readEach(inline, async (one) => [one, await readInlinePolicy(aws.iam, name, one)] as const);
  return { policies: Object.fromEntries(documents), attached: attached.toSorted() };
}

/** Without the hash: a role that has only this is not there yet. */
async function create(aws: Aws, wanted: Wanted<TaskRoleSpec>, run: Run): Promise<void> {
  const { [TAGS.specHash]: _, ...tags } = tagsOf(wanted, run);
  const { path, boundary, trust } = wanted.spec;
  await aws.iam.send(
    new CreateRoleCommand({
      RoleName: wanted.name,
      Path: path,
      AssumeRolePolicyDocument: policyText(trust),
      PermissionsBoundary: boundary ?? undefined,
      Description: described(tags),
      Tags: upperTags(tags),
    }),
  );
}

async function update(aws: Aws, { observed }: Change<TaskRoleSpec>, { name: RoleName, spec }: Wanted<TaskRoleSpec>): Promise<void> {
  const { boundary } = spec;
  if (boundary && boundary !== observed?.spec.boundary)
    await aws.iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: boundary }));
  if (diffFields(spec.trust, observed?.spec.trust).length > 0)
    await aws.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: policyText(spec.trust) }));
  const extra = Object.keys(observed?.spec.policies ?? {}).filter((one) => !(one in spec.policies));
  await withdraw(aws, RoleName, extra, observed?.spec.attached ?? []);
}

/** IAM may not know everywhere at once what it has just made. */
async function grant(aws: Aws, { name: RoleName, spec }: Wanted<TaskRoleSpec>): Promise<void> {
  for (const [PolicyName, document] of Object.entries(spec.policies)) {
    const command = new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: policyText(document) });
    const put = await unlessMissing(() => aws.iam.send(command));
    if (!put) throw new NotYet(`IAM does not know the role ${RoleName} yet`);
  }
}

async function withdraw(aws: Aws, RoleName: string, inline: readonly string[], attached: readonly string[]): Promise<void> {
  for (const PolicyName of inline) await unlessMissing(() => aws.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })));
  for (const PolicyArn of attached) await unlessMissing(() => aws.iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })));
}

/** IAM keeps a role that still has policies. */
async function remove(aws: Aws, RoleName: string): Promise<void> {
  const found = await unlessMissing(
    async () => [await inlinePolicies(aws.iam, RoleName), await attachedPolicies(aws.iam, RoleName)] as const,
  );
  if (!found) return;
  await withdraw(aws, RoleName, ...found);
  await unlessMissing(() => aws.iam.send(new DeleteRoleCommand({ RoleName })));
}
