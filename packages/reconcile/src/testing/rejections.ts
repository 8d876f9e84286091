/** What AWS rejects by looking at nothing but the call: the in-memory AWS asks here, and the proxy in front of the emulator. Pure. */

import { LIMITS } from '@mip/registry/limits';
import { exclusionFilters, lifecyclePolicy } from './image-rules.ts';
import { identityPolicy, trustPolicy, trustPolicySize } from './policy-rules.ts';
import { attributesKnown, attributesOfKind, attributeValues, kindFixed, oneEncryption } from './queue-rules.ts';
import {
  aloneWith,
  atLeastOne,
  atMost,
  bucketNotAddress,
  bytesAtMost,
  type Check,
  documentAtMost,
  fargateNoGpu,
  fargateSize,
  fargateStop,
  fifoByBoth,
  type Input,
  instanceSize,
  itemsWithin,
  jsonAtMost,
  keysOnce,
  launchChoice,
  longestBytes,
  named,
  tags,
  within,
} from './rejection-rules.ts';
import { bounds, ecsTarget, metrics, onceOnly, targetValue } from './scaling-rules.ts';

/** An AWS error: the name of the exception, a sentence, the HTTP status. */
export interface Rejection {
  readonly code: string;
  readonly message: string;
  readonly status: number;
}

/** For the operations that match: how a call that breaks the check is refused. The first that is broken answers. */
type Row = readonly [operations: RegExp, code: string, check: Check];

const { sqs, ecs, ecr, iam, dynamodb, s3, scaling, tagging } = LIMITS;
const PAGE = 100;

const SQS: readonly Row[] = [
  [/^CreateQueue$/, 'InvalidParameterValue', named('QueueName', sqs.queueName)],
  [/^CreateQueue$/, 'InvalidParameterValue', fifoByBoth],
  [/^(CreateQueue|SetQueueAttributes)$/, 'InvalidAttributeName', attributesKnown],
  [/^CreateQueue$/, 'InvalidAttributeName', attributesOfKind],
  [/^SetQueueAttributes$/, 'InvalidAttributeValue', kindFixed],
  [/^(CreateQueue|SetQueueAttributes)$/, 'InvalidAttributeValue', attributeValues],
  [/^(CreateQueue|SetQueueAttributes)$/, 'InvalidAttributeValue', oneEncryption],
  [/^(ChangeMessageVisibility|ReceiveMessage)$/, 'InvalidParameterValue', within('VisibilityTimeout', 0, sqs.visibilitySeconds)],
  [/^ReceiveMessage$/, 'InvalidParameterValue', within('MaxNumberOfMessages', 1, sqs.batch)],
  [/^List(DeadLetterSource)?Queues$/, 'InvalidParameterValue', within('MaxResults', 1, sqs.listPage)],
  [/Batch$/, 'EmptyBatchRequest', atLeastOne('Entries')],
  [/Batch$/, 'TooManyEntriesInBatchRequest', atMost('Entries', sqs.batch)],
  [/^SendMessage$/, 'InvalidParameterValue', bytesAtMost('MessageBody', sqs.messageBytes)],
  [/^SendMessageBatch$/, 'BatchRequestTooLong', bytesAtMost('MessageBody', sqs.messageBytes, 'Entries')],
  [/^CreateQueue$/, 'InvalidParameterValue', tags('tags')],
  [/^TagQueue$/, 'InvalidParameterValue', tags('Tags')],
];

/** What puts tasks somewhere. */
const LAUNCHES = /^(CreateService|UpdateService|RunTask)$/;

const ECS: readonly Row[] = [
  [/^CreateService$/, 'InvalidParameterException', named('serviceName', ecs.serviceName)],
  [/^RegisterTaskDefinition$/, 'ClientException', named('family', ecs.familyName)],
  [/^RegisterTaskDefinition$/, 'ClientException', fargateSize],
  [/^RegisterTaskDefinition$/, 'ClientException', fargateStop],
  [/^RegisterTaskDefinition$/, 'ClientException', fargateNoGpu],
  [/^RegisterTaskDefinition$/, 'ClientException', instanceSize],
  [LAUNCHES, 'InvalidParameterException', launchChoice],
  [LAUNCHES, 'InvalidParameterException', atMost('capacityProviderStrategy', ecs.capacityProviders)],
  [LAUNCHES, 'InvalidParameterException', atMost('placementStrategy', ecs.placementStrategies)],
  [/^RegisterTaskDefinition$/, 'ClientException', documentAtMost(ecs.taskDefinitionBytes)],
  [/^DescribeServices$/, 'InvalidParameterException', atMost('services', ecs.describeServices)],
  [/^DescribeTasks$/, 'InvalidParameterException', atMost('tasks', ecs.describeTasks)],
  [/^RunTask$/, 'InvalidParameterException', within('count', 1, ecs.runTasks)],
  [/^(RunTask|ListTasks)$/, 'InvalidParameterException', named('startedBy', { min: 0, ...ecs.startedBy })],
  [/^RunTask$/, 'InvalidParameterException', named('clientToken', { min: 0, ...ecs.clientToken })],
  [/^RunTask$/, 'InvalidParameterException', jsonAtMost('overrides', ecs.overridesCharacters)],
  [/^ListTasks$/, 'InvalidParameterException', aloneWith('startedBy', 'family', 'serviceName', 'containerInstance')],
  [/^List/, 'InvalidParameterException', within('maxResults', 1, PAGE)],
  [/^RegisterTaskDefinition$/, 'ClientException', tags('tags')],
  [/./, 'InvalidParameterException', tags('tags')],
];

const ECR: readonly Row[] = [
  [/./, 'InvalidParameterException', named('repositoryName', ecr.repositoryName)],
  [/^DescribeRepositories$/, 'InvalidParameterException', atMost('repositoryNames', PAGE)],
  [/^(Describe|List)/, 'InvalidParameterException', within('maxResults', 1, ecr.describePage)],
  [/^(CreateRepository|PutImageTagMutability)$/, 'InvalidParameterException', exclusionFilters],
  [/^PutLifecyclePolicy$/, 'InvalidParameterException', lifecyclePolicy],
  [/^(BatchGetImage|BatchDeleteImage|DescribeImages)$/, 'InvalidParameterException', atMost('imageIds', ecr.batchGetImage)],
  [/./, 'TooManyTagsException', atMost('tags', tagging.tagsPerResource)],
  [/./, 'InvalidTagParameterException', tags('tags')],
];

const IAM: readonly Row[] = [
  [/./, 'ValidationError', named('RoleName', iam.roleName)],
  [/./, 'ValidationError', named('PolicyName', iam.policyName)],
  [/./, 'ValidationError', named('Path', iam.path)],
  [/./, 'ValidationError', named('Description', { min: 0, ...iam.description })],
  [/./, 'LimitExceeded', atMost('Tags', iam.tagsPerRole)],
  [/./, 'InvalidInput', keysOnce('Tags')],
  [/./, 'ValidationError', tags('Tags')],
  [/^CreateRole$/, 'MalformedPolicyDocument', trustPolicy('AssumeRolePolicyDocument')],
  [/^CreateRole$/, 'LimitExceeded', trustPolicySize('AssumeRolePolicyDocument')],
  [/^UpdateAssumeRolePolicy$/, 'MalformedPolicyDocument', trustPolicy('PolicyDocument')],
  [/^UpdateAssumeRolePolicy$/, 'LimitExceeded', trustPolicySize('PolicyDocument')],
  [/^PutRolePolicy$/, 'MalformedPolicyDocument', identityPolicy('PolicyDocument')],
];

const DYNAMODB: readonly Row[] = [
  [/./, 'ValidationException', named('TableName', dynamodb.tableName)],
  [/^BatchWriteItem$/, 'ValidationException', itemsWithin('BatchWriteItem', dynamodb.batchWrite)],
  [/^BatchGetItem$/, 'ValidationException', itemsWithin('BatchGetItem', dynamodb.batchGet, 'Keys')],
  [/./, 'ValidationException', tags('Tags')],
];

const SCALING: readonly Row[] = [
  [/./, 'ValidationException', ecsTarget],
  [/./, 'ValidationException', named('PolicyName', scaling.policyName)],
  [/./, 'ValidationException', named('ScheduledActionName', scaling.actionName)],
  [/^RegisterScalableTarget$/, 'ValidationException', bounds()],
  [/^PutScheduledAction$/, 'ValidationException', bounds('ScalableTargetAction')],
  [/^PutScheduledAction$/, 'ValidationException', onceOnly],
  [/^PutScalingPolicy$/, 'ValidationException', targetValue],
  [/^PutScalingPolicy$/, 'ValidationException', metrics],
  [/^DescribeScalableTargets$/, 'ValidationException', atMost('ResourceIds', scaling.describeTargets)],
  [/^DescribeScalingPolicies$/, 'ValidationException', within('MaxResults', 1, scaling.policiesPage)],
  [/^Describe/, 'ValidationException', within('MaxResults', 1, scaling.actionsPage)],
  [/./, 'ValidationException', tags('Tags')],
];

/** By service as IAM spells it. */
const ROWS: Readonly<Record<string, readonly Row[]>> = {
  sqs: SQS,
  ecs: ECS,
  ecr: ECR,
  iam: IAM,
  dynamodb: DYNAMODB,
  'application-autoscaling': SCALING,
  s3: [
    [/^CreateBucket$/, 'InvalidBucketName', named('Bucket', s3.bucketName)],
    [/^CreateBucket$/, 'InvalidBucketName', bucketNotAddress],
    [/^PutObject$/, 'KeyTooLongError', longestBytes('Key', s3.keyBytes)],
  ],
  tag: [
    [/^GetResources$/, 'InvalidParameterException', within('ResourcesPerPage', 1, tagging.getResourcesPage)],
    [/^TagResources$/, 'InvalidParameterException', tags('Tags')],
  ],
};

/** Everything else that AWS rejects is a 400. */
const STATUS: Readonly<Record<string, number>> = { LimitExceeded: 409 };

/**
 * Why AWS would not even begin with a call; undefined where these limits have nothing against it.
 *
 * @param service as IAM spells it, like `sqs`, `tag`. @param operation the API's name, like `CreateQueue`.
 */
export function rejectionOf(service: string, operation: string, input: Input): Rejection | undefined {
  for (const [operations, code, check] of ROWS[service] ?? []) {
    const message = operations.test(operation) ? check(input) : undefined;
    if (message) return { code, message, status: STATUS[code] ?? 400 };
  }
  return undefined;
}
