/** Every call that whole runs send, with its resource and its tags, against the policies of the roles: a condition too narrow shows here. */

import { apply, narrow, type PlannedChange, plan } from '@mip/reconcile';
import { scale } from '@mip/reconcile/scale';
import { expect, it } from 'vitest';
import { allows, type Request, statementsOf } from '../infra/test/policies.ts';
import { PLATFORM, synthesise } from '../infra/test/synthesised.ts';
import { algorithm, EVERY_KIND, imported, input, NOW, platform, run, runOptions } from '../packages/reconcile/src/testing/fixtures.ts';
import { MemoryAws } from '../packages/reconcile/src/testing/memory-aws.ts';
import type { Call } from '../packages/reconcile/src/testing/world.ts';

const { names, region } = platform();
const { account } = names;
const infra = synthesise({ ...PLATFORM, prefix: 'mip', account, name: 'test', regions: [region] }, false);
const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;

interface Tag {
  readonly Key?: string;
  readonly key?: string;
  readonly Value?: string;
  readonly value?: string;
}
/** The fields of all inputs that say on what a call works, and with which tags. */
interface Fields {
  readonly [field: string]: unknown;
  readonly tags?: readonly Tag[] | Record<string, string>;
  readonly Tags?: readonly Tag[] | Record<string, string>;
}

/** A call that makes something with tags also needs the right to tag. */
const TAGS_ALONG: Readonly<Record<string, string>> = {
  'sqs:CreateQueue': 'sqs:TagQueue',
  'ecr:CreateRepository': 'ecr:TagResource',
  'ecs:CreateService': 'ecs:TagResource',
  'ecs:RegisterTaskDefinition': 'ecs:TagResource',
  'ecs:RunTask': 'ecs:TagResource',
  'iam:CreateRole': 'iam:TagRole',
  'application-autoscaling:RegisterScalableTarget': 'application-autoscaling:TagResource',
};

/** The ARN that AWS checks; `*` for a call without a resource. */
const RESOURCE: Readonly<Record<string, (fields: Fields) => string>> = {
  sqs: ({ QueueUrl, QueueName }) => arn('sqs', String(QueueName ?? QueueUrl).replace(/^.*\//, '')),
  ecr: ({ resourceArn, repositoryName, repositoryNames }) =>
    String(resourceArn ?? arn('ecr', `repository/${repositoryName ?? [repositoryNames].flat()[0]}`)),
  ecs: ({ resourceArn, service, services, serviceName, family, task, tasks, taskDefinition, startedBy, clientToken }) => {
    const one = resourceArn ?? task ?? (clientToken ? taskDefinition : [tasks].flat()[0]);
    if (one) return String(one);
    if (startedBy) return arn('ecs', 'container-instance/mip-cluster/*');
    if (family) return arn('ecs', `task-definition/${family}:1`);
    const named = serviceName ?? service ?? [services].flat()[0];
    return named ? arn('ecs', `service/mip-cluster/${String(named).replace(/^.*\//, '')}`) : '*';
  },
  iam: ({ RoleName }) => (RoleName ? names.roleArn(String(RoleName)) : '*'),
  dynamodb: ({ TableName, RequestItems }) => arn('dynamodb', `table/${TableName ?? Object.keys(RequestItems as object)[0]}`),
  s3: ({ Bucket, Key }) => `arn:aws:s3:::${Bucket}/${Key}`,
  tag: () => '*',
  'application-autoscaling': () => arn('application-autoscaling', 'scalable-target/0ec5'),
};

function tagsOf({ tags, Tags }: Fields): Record<string, string> {
  const given = tags ?? Tags ?? {};
  const pairs = Array.isArray(given) ? given.map((tag: Tag) => [tag.Key ?? tag.key, tag.Value ?? tag.value]) : Object.entries(given);
  return Object.fromEntries(pairs.map(([key, value]) => [`aws:RequestTag/${key}`, value]));
}

/** The attributes that an update names, in its key, its expressions or by a placeholder. */
function attributesOf({ Key, UpdateExpression, ConditionExpression, ExpressionAttributeNames }: Fields): readonly string[] {
  const words = `${UpdateExpression ?? ''} ${ConditionExpression ?? ''}`.match(/(?<![:\w#])[a-z_]+\b(?!\()/g) ?? [];
  return [...new Set([...Object.keys((Key as object) ?? {}), ...words, ...Object.values((ExpressionAttributeNames as object) ?? {})])];
}

/** What AWS asks itself about a call, what the call works on being the catalog's unless the call makes it. */
function requestsOf({ service, operation, input: sent }: Call): readonly Request[] {
  const fields = sent as Fields;
  const action = `${service}:${operation}`;
  const resource = operation.startsWith('Describe') && service === 'application-autoscaling' ? '*' : (RESOURCE[service]?.(fields) ?? '');
  const along = fields.tags || fields.Tags ? TAGS_ALONG[action] : undefined;
  const key = (fields.Key ?? fields.Item) as { client_id?: string } | undefined;
  const context = {
    ...tagsOf(fields),
    ...(along === undefined && { 'aws:ResourceTag/mip:managed-by': PLATFORM.catalog_id }),
    ...(service === 'ecs' && { 'ecs:cluster': arn('ecs', 'cluster/mip-cluster') }),
    ...(fields.taskDefinition !== undefined && { 'ecs:task-definition': String(fields.taskDefinition) }),
    ...(action === 'dynamodb:UpdateItem' && { 'dynamodb:Attributes': attributesOf(fields) }),
    ...(key?.client_id !== undefined && { 'dynamodb:LeadingKeys': [key.client_id] }),
    ...(service === 'application-autoscaling' && {
      'application-autoscaling:service-namespace': String(fields.ServiceNamespace),
      'application-autoscaling:scalable-dimension': String(fields.ScalableDimension),
    }),
    ...(service === 'iam' && { 'iam:PermissionsBoundary': String(fields.PermissionsBoundary ?? names.policyArn(names.taskBoundary)) }),
  };
  const passed = [fields.taskRoleArn, fields.executionRoleArn].filter((role) => role !== undefined).map(String);
  return [
    { action, resource, context },
    // RunTask tags the task, which has no name yet.
    ...(along === undefined
      ? []
      : [{ action: along, resource: action === 'ecs:RunTask' ? arn('ecs', 'task/mip-cluster/new') : resource, context }]),
    ...passed.map((role) => ({ action: 'iam:PassRole', resource: role, context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } })),
  ];
}

const LONG = 'a'.repeat(36);
const FIRST = input([algorithm('seg', EVERY_KIND), algorithm(LONG), imported('foreign')], { platform: platform('mutable') });
const SECOND = input([algorithm('seg', { ...EVERY_KIND, cpu: 2048, memory: 4096, queue: { visibility_timeout: 1200 } })], {
  platform: platform('mutable'),
});

/** Made, changed, withdrawn, drained but for its dead letters, made again. */
async function callsOfALife(): Promise<readonly Call[]> {
  const aws = new MemoryAws();
  const calls: Call[] = [];
  for (const wanted of [FIRST, SECOND, SECOND, SECOND, SECOND, FIRST]) {
    await run(aws, { ...wanted, allow: ['deletes', 'updates'] });
    calls.push(...aws.world.trace);
    Object.assign(aws.memory.sqs.queues.get(names.deadLetterQueue('foreign')) ?? {}, { messages: 1 });
    aws.world.now += 120_000;
  }
  return calls;
}

it('apply is allowed every call of a life of algorithms', async () => {
  const apply = statementsOf(infra, names.applyRole);
  const requests = (await callsOfALife()).flatMap(requestsOf);
  const asked = new Set(requests.map(({ action }) => action));
  for (const action of [
    'iam:CreateRole',
    'iam:DeleteRole',
    'sqs:DeleteQueue',
    'sqs:UntagQueue',
    'ecr:UntagResource',
    'iam:PassRole',
    'ecs:RunTask',
    'sqs:SendMessage',
  ])
    expect(asked, action).toContain(action);
  expect(requests.filter((request) => !allows(apply, request))).toEqual([]);
});

it('plan is allowed every call of a plan and of drift', async () => {
  const role = statementsOf(infra, names.planRole);
  const aws = new MemoryAws();
  await run(aws, FIRST);
  aws.world.restart();
  await plan(aws, SECOND);
  await plan(aws, FIRST, 'deep');
  const requests = aws.world.trace.flatMap(requestsOf);
  expect(requests.length).toBeGreaterThan(20);
  expect(requests.filter((request) => !allows(role, request))).toEqual([]);
});

/** One change alone, as the action build makes it. */
async function applyOnly(aws: MemoryAws, wanted: typeof FIRST, holds: (change: PlannedChange) => boolean): Promise<void> {
  const { outcomes } = await apply(aws, narrow(await plan(aws, wanted), holds), runOptions(aws));
  expect(outcomes.map(({ result }) => result)).toEqual(['done']);
}

it('scale is allowed every call of setting a number of tasks, and of letting go of it', async () => {
  const role = statementsOf(infra, names.scaleRole);
  const aws = new MemoryAws();
  await run(aws, FIRST);
  aws.world.restart();
  for (const override of [{ count: 3, until: new Date(NOW + 3_600_000).toISOString() }, undefined]) {
    await scale(aws, FIRST.platform, { algorithm: algorithm('seg'), override }, runOptions(aws));
  }
  const requests = aws.world.trace.flatMap(requestsOf);
  const asked = requests.map(({ action }) => action);
  expect(asked).toEqual(
    expect.arrayContaining(['ecs:UpdateService', 'dynamodb:UpdateItem', 'ecs:TagResource', 'application-autoscaling:PutScheduledAction']),
  );
  expect(requests.filter((request) => !allows(role, request))).toEqual([]);
});

it('build is allowed every call of making a repository', async () => {
  const role = statementsOf(infra, names.buildRole);
  const aws = new MemoryAws();
  await applyOnly(aws, FIRST, ({ kind, algorithm }) => kind === 'image-repository' && algorithm === 'seg');
  const requests = aws.world.trace.flatMap(requestsOf);
  expect(requests.map(({ action }) => action)).toEqual(expect.arrayContaining(['ecr:CreateRepository', 'ecr:PutLifecyclePolicy']));
  expect(requests.filter((request) => !allows(role, request))).toEqual([]);
});
