/**
 * What the jobs of reconcile may do. Writing is bound to what the catalog owns: what is made must carry the tag `mip:managed-by`, what is
 * changed must have it.
 */

import { LIMITS } from '@mip/registry/limits';
import { CONFORMANCE_CLIENT, TAGS } from '@mip/registry/names';
import { wakeLease } from '@mip/registry/waker';
import type { Conditions } from 'aws-cdk-lib/aws-iam';
import { type Place, roleClasses } from './platform.ts';
import type { Right } from './rights.ts';

const SCALING = 'application-autoscaling';
const SCALING_OF_ECS = 'ecs.application-autoscaling.amazonaws.com';

/** All that a plan looks at: build and apply plan first. */
export function readRights(place: Place): readonly Right[] {
  const { names } = place;
  const at = arnsOf(place);
  return [
    { to: ['ssm:GetParameter'], on: [at.facts] },
    { to: ['dynamodb:Scan', 'dynamodb:BatchGetItem'], on: [names.tableArn('algorithms')] },
    { to: ['s3:ListBucket'], on: [names.bucketArn('reconciles')] },
    { to: ['s3:GetObject'], on: [`${names.bucketArn('reconciles')}/*`] },
    { to: ['sqs:GetQueueUrl', 'sqs:GetQueueAttributes', 'sqs:ListQueueTags'], on: at.queues },
    { to: ['ecr:DescribeRepositories', 'ecr:ListTagsForResource', 'ecr:GetLifecyclePolicy', 'ecr:BatchGetImage'], on: [at.repositories] },
    { to: ['ecs:DescribeServices'], on: [at.services], when: at.inCluster },
    { to: ['ecs:ListServices'], on: ['*'], when: at.inCluster }, // has no resource, but a condition
    { to: ['iam:GetRole', 'iam:ListRolePolicies', 'iam:ListAttachedRolePolicies', 'iam:GetRolePolicy'], on: at.taskRoles },
    // These have no resource to name: AWS gives the whole account or nothing.
    { to: ['tag:GetResources', 'ecs:ListTaskDefinitionFamilies', 'ecs:DescribeTaskDefinition', 'iam:ListRoles'], on: ['*'] },
    {
      to: ['DescribeScalableTargets', 'DescribeScalingPolicies', 'DescribeScheduledActions'].map((name) => `${SCALING}:${name}`),
      on: ['*'],
    },
  ];
}

export function writeRights(place: Place): readonly Right[] {
  const rows = { to: ['dynamodb:UpdateItem', 'dynamodb:DeleteItem'], on: [place.names.tableArn('algorithms')] };
  const parts = [runRights, queueRights, repositoryRights, serviceRights, scalingRights, roleRights, candidateRights];
  return [rows, ...parts.flatMap((part) => part(place))];
}

/** The repositories of algorithms, and what is pushed into them. What an image runs as is no business of who builds it. */
export function buildRights(place: Place): readonly Right[] {
  const { repositories, owned } = arnsOf(place);
  const upload = ['ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload', 'ecr:PutImage'];
  const lookUp = ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer'];
  return [
    ...runRights(place),
    ...repositoryRights(place),
    { to: [...upload, ...lookUp], on: [repositories], when: owned },
    { to: ['ecr:GetAuthorizationToken'], on: ['*'] }, // has no resource to name
  ];
}

/**
 * One attribute of a registry row, the bounds of what scales and when they end, and services that stay what they are: IAM cannot bind an update to the number of tasks, but it can refuse
 * one that names a task definition which is none of the platform's.
 */
export function scaleRights(place: Place): readonly Right[] {
  const { services, taskDefinitions, targets, owned, inCluster, ofTasks } = arnsOf(place);
  const attributes = ['algorithm_name', 'managed_by', 'scale_override'];
  const onlyThose = { 'ForAllValues:StringEquals': { 'dynamodb:Attributes': attributes } };
  const onlyTheHash = { 'ForAllValues:StringEquals': { 'aws:TagKeys': [TAGS.scalingHash] } };
  const rebound = ['RegisterScalableTarget', 'PutScheduledAction', 'DeleteScheduledAction'].map((name) => `${SCALING}:${name}`);
  const ofThePlatform = { ArnLikeIfExists: { 'ecs:task-definition': taskDefinitions } };
  return [
    ...leaseRights(place),
    { to: ['ecs:DescribeServices'], on: [services], when: inCluster },
    { to: ['dynamodb:UpdateItem'], on: [place.names.tableArn('algorithms')], when: onlyThose },
    { to: ['ecs:UpdateService'], on: [services], when: all(owned, inCluster, ofThePlatform) },
    { to: ['ecs:TagResource'], on: [services], when: all(owned, onlyTheHash) },
    { to: rebound, on: [targets], when: all(owned, ofTasks) },
  ];
}

/** The lease, the history. */
function runRights(place: Place): readonly Right[] {
  return [...leaseRights(place), { to: ['s3:PutObject'], on: [`${place.names.bucketArn('reconciles')}/*`] }];
}

function leaseRights({ names }: Place): readonly Right[] {
  return [{ to: ['dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'], on: [names.tableArn('leases')] }];
}

function queueRights(place: Place): readonly Right[] {
  const { queues, made, owned } = arnsOf(place);
  return [
    { to: ['sqs:CreateQueue', 'sqs:TagQueue'], on: queues, when: made },
    { to: ['sqs:SetQueueAttributes', 'sqs:TagQueue', 'sqs:UntagQueue', 'sqs:DeleteQueue'], on: queues, when: owned },
  ];
}

function repositoryRights(place: Place): readonly Right[] {
  const { repositories, made, owned } = arnsOf(place);
  const change = ['ecr:PutImageTagMutability', 'ecr:PutImageScanningConfiguration', 'ecr:PutLifecyclePolicy'];
  return [
    { to: ['ecr:CreateRepository', 'ecr:TagResource'], on: [repositories], when: made },
    { to: [...change, 'ecr:TagResource', 'ecr:UntagResource'], on: [repositories], when: owned },
  ];
}

function serviceRights(place: Place): readonly Right[] {
  const { services, taskDefinitions, made, owned, inCluster } = arnsOf(place);
  return [
    { to: ['ecs:RegisterTaskDefinition'], on: [taskDefinitions], when: made },
    { to: ['ecs:CreateService'], on: [services], when: all(made, inCluster) },
    { to: ['ecs:TagResource'], on: [services, taskDefinitions], when: made },
    { to: ['ecs:UpdateService', 'ecs:DeleteService'], on: [services], when: all(owned, inCluster) },
    { to: ['ecs:TagResource', 'ecs:UntagResource'], on: [services], when: owned },
    { to: ['ecs:ListTaskDefinitions', 'ecs:DeregisterTaskDefinition'], on: ['*'] }, // have no resource to name, and no condition
  ];
}

/**
 * A new version is tried on conformance cases: their jobs are nobody's, their images are the platform's, and what comes of them lies in
 * quarantine. No job, image or result of a client can be read or written with these.
 */
function candidateRights(place: Place): readonly Right[] {
  const { names } = place;
  const { candidates, tasks, containerInstances, taskDefinitions, made, owned, inCluster } = arnsOf(place);
  const keys = 'dynamodb:LeadingKeys';
  const nobodys = { 'ForAllValues:StringEquals': { [keys]: [CONFORMANCE_CLIENT] }, Null: { [keys]: 'false' } }; // of no keys all are anything
  return [
    { to: ['ecs:RunTask'], on: [`${taskDefinitions}:*`], when: all(made, inCluster) },
    { to: ['ecs:TagResource'], on: [tasks], when: made },
    { to: ['ecs:DescribeTasks'], on: [tasks], when: inCluster },
    { to: ['ecs:StopTask'], on: [tasks], when: all(owned, inCluster) },
    { to: ['ecs:ListTasks'], on: [containerInstances], when: inCluster }, // asked for with Fargate too, which has none
    { to: ['ecs:TagResource', 'ecs:UntagResource'], on: [`${taskDefinitions}:*`], when: owned },
    { to: ['sqs:SendMessage'], on: [candidates], when: owned },
    { to: ['dynamodb:PutItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem'], on: [names.tableArn('jobs')], when: nobodys },
    { to: ['s3:PutObject'], on: [`${names.bucketArn('images')}/${names.conformanceImage('*')}`] },
    { to: ['s3:GetObject'], on: [`${names.bucketArn('results')}/${names.quarantinePrefix('*')}*`] },
  ];
}

/** A scalable target's ARN does not say which service it scales: the tag alone says whose it is. */
function scalingRights(place: Place): readonly Right[] {
  const { targets, made, owned, ofTasks, scalingRole } = arnsOf(place);
  const register = `${SCALING}:RegisterScalableTarget`;
  const change = ['DeregisterScalableTarget', 'PutScalingPolicy', 'DeleteScalingPolicy', 'PutScheduledAction', 'DeleteScheduledAction'];
  return [
    { to: [register], on: [targets], when: all(made, ofTasks) },
    { to: [`${SCALING}:TagResource`], on: [targets], when: made },
    { to: [register, ...change.map((name) => `${SCALING}:${name}`)], on: [targets], when: all(owned, ofTasks) },
    // For the first service that an account scales: the role with which Application Auto Scaling works on ECS, and no other.
    { to: ['iam:CreateServiceLinkedRole'], on: [scalingRole], when: { StringEquals: { 'iam:AWSServiceName': SCALING_OF_ECS } } },
  ];
}

/** A role that reconcile makes has the boundary, and so can never do more than a task may; no other role can be given a policy. */
function roleRights(place: Place): readonly Right[] {
  const { names } = place;
  const { taskRoles, made, owned } = arnsOf(place);
  const bounded = { StringEquals: { 'iam:PermissionsBoundary': names.policyArn(names.taskBoundary) } };
  const shared = roleClasses(place).map((roleClass) => names.roleArn(names.classRole(roleClass)));
  return [
    { to: ['iam:CreateRole'], on: taskRoles, when: all(made, bounded) },
    { to: ['iam:TagRole'], on: taskRoles, when: made },
    { to: ['iam:PutRolePermissionsBoundary', 'iam:PutRolePolicy'], on: taskRoles, when: all(owned, bounded) },
    {
      to: ['iam:UpdateRole', 'iam:UpdateAssumeRolePolicy', 'iam:DeleteRolePolicy', 'iam:DetachRolePolicy', 'iam:DeleteRole'],
      on: taskRoles,
      when: owned,
    },
    {
      to: ['iam:PassRole'],
      on: [...taskRoles, ...shared, names.roleArn(names.executionRole)],
      when: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    },
  ];
}

/** What is of all algorithms, by the shape of its name, and the conditions that say whose it is. */
function arnsOf({ platform: { account, catalog_id }, region, names }: Place) {
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;
  const whole = names.taskRole('*');
  const start = whole.slice(0, whole.indexOf('*'));
  // A name above the limit is cut and ends with 8 digits of a hash (`roleName`): this is the shape of exactly those.
  const cut = `${start}${'?'.repeat(LIMITS.iam.roleName.max - start.length - 9)}-${'?'.repeat(8)}`;
  return {
    facts: arn('ssm', `parameter${names.platformFacts}`),
    queues: [names.requestQueue('*'), names.deadLetterQueue('*'), names.candidateQueue('*')].map(names.queueArn),
    candidates: names.queueArn(names.candidateQueue('*')),
    tasks: arn('ecs', `task/${names.cluster}/*`),
    containerInstances: arn('ecs', `container-instance/${names.cluster}/*`),
    repositories: arn('ecr', `repository/${names.repository('*')}`),
    services: arn('ecs', `service/${names.cluster}/${names.service('*')}`),
    taskDefinitions: arn('ecs', `task-definition/${names.taskDefinition('*')}`),
    taskRoles: [whole, cut].map(names.roleArn),
    targets: arn(SCALING, 'scalable-target/*'),
    ofTasks: { StringEquals: { [`${SCALING}:service-namespace`]: 'ecs', [`${SCALING}:scalable-dimension`]: 'ecs:service:DesiredCount' } },
    scalingRole: `arn:aws:iam::${account}:role/aws-service-role/${SCALING_OF_ECS}/AWSServiceRoleForApplicationAutoScaling_ECSService`,
    made: { StringEquals: { [`aws:RequestTag/${TAGS.managedBy}`]: catalog_id } },
    owned: { StringEquals: { [`aws:ResourceTag/${TAGS.managedBy}`]: catalog_id } },
    inCluster: { ArnEquals: { 'ecs:cluster': arn('ecs', `cluster/${names.cluster}`) } },
  };
}

/** All of them have to hold. */
function all(...conditions: readonly Conditions[]): Conditions {
  const operators = new Set(conditions.flatMap(Object.keys));
  return Object.fromEntries(
    [...operators].map((operator) => [operator, Object.assign({}, ...conditions.map((condition) => condition[operator]))]),
  );
}

/** What wakes a line that sleeps: it reads a service and sets its number of tasks, and its lease is never that of reconcile. */
export function wakerRights(place: Place): readonly Right[] {
  const { services, taskDefinitions, owned, inCluster } = arnsOf(place);
  const ofThePlatform = { ArnLikeIfExists: { 'ecs:task-definition': taskDefinitions } };
  const itsLeases = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [wakeLease('*')] } };
  return [
    { to: ['dynamodb:UpdateItem'], on: [place.names.tableArn('leases')], when: itsLeases },
    { to: ['dynamodb:GetItem'], on: [place.names.tableArn('algorithms')] },
    { to: ['ecs:DescribeServices'], on: [services], when: all(owned, inCluster) },
    { to: ['ecs:UpdateService'], on: [services], when: all(owned, inCluster, ofThePlatform) },
  ];
}
