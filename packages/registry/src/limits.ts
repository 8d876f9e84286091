/**
 * Every AWS limit that MIP has to know, with its source. The emulator is lax about most of them, so the in-memory AWS of
 * the tests enforces these. A limit is never raised to make code fit.
 */
export const LIMITS = {
  sqs: {
    /** 80 characters, letters, digits, - and _; a FIFO queue ends in .fifo, which counts. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html */
    queueName: { max: 80, pattern: /^[A-Za-z0-9_-]+(\.fifo)?$/ },
    /** A deleted queue's name is refused for 60 seconds (same page). */
    nameReuseSeconds: 60,
    /** Counts of messages are to be believed a minute after the last was sent. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html */
    countsSettleSeconds: 60,
    /** 12 hours from receipt. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html */
    visibilitySeconds: 43_200,
    /** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
    messageBytes: 262_144,
    retentionSeconds: { min: 60, max: 1_209_600 },
    batch: 10,
    /** 15 minutes. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
    delaySeconds: 900,
    /** Long polling (same page). */
    waitSeconds: 20,
    /** The least and the most that a queue can be set to (same page). */
    maximumMessageSize: { min: 1024, max: 1_048_576 },
    /** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html */
    listPage: 1000,
  },
  ecs: {
    /** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html: up to 255 letters, digits, underscores and hyphens. */
    serviceName: { max: 255, pattern: /^[A-Za-z0-9_-]+$/ },
    /** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html (family) */
    familyName: { max: 255, pattern: /^[A-Za-z0-9_-]+$/ },
    describeServices: 10,
    describeTasks: 100,
    /** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html: tasks a call, who started them, the client token. */
    runTasks: 10,
    startedBy: { max: 128, pattern: /^[A-Za-z0-9/_-]*$/ },
    clientToken: { max: 64, pattern: /^[!-~]*$/ },
    /** Of all overrides as JSON, in characters. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html */
    overridesCharacters: 8192,
    /** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (Fargate) */
    stopTimeoutSeconds: 120,
    /** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html */
    servicesPerCluster: 5000,
    /** A task definition's whole size (same page). */
    taskDefinitionBytes: 65_536,
    /** Of a task on an instance: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html (cpu) */
    instanceCpu: { min: 128, max: 196_608 },
    /** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCapacityProvider.html: aws, ecs and fargate are kept for AWS. */
    capacityProviderName: { max: 255, pattern: /^(?!aws|ecs|fargate)[A-Za-z0-9_-]+$/i },
    /** In one strategy, of a service or a task. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html */
    capacityProviders: 20,
    /** Rules of placement of a service (same page). */
    placementStrategies: 5,
  },
  scaling: {
    /** https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html */
    policyName: { max: 256, pattern: /^[ -~]+$/ },
    /** Beside control characters no `:`, `/` or `|`, and no space at either end. https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html */
    actionName: { max: 256, pattern: /^(?! )[^\p{Cc}:/|]+(?<! )$/u },
    /** What one call is asked for, and takes: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalableTargets.html, …/API_DescribeScalingPolicies.html, …/API_DescribeScheduledActions.html */
    describeTargets: 50,
    policiesPage: 10,
    actionsPage: 50,
    /** https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-quotas.html */
    policiesPerTarget: 50,
    actionsPerTarget: 200,
    /** Of a customized metric (API_CustomizedMetricSpecification, Metrics; the query's Id). */
    metrics: 10,
    metricId: { max: 255, pattern: /^[a-z][A-Za-z0-9_]*$/ },
  },
  ecr: {
    /** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html */
    repositoryName: { min: 2, max: 256, pattern: /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/ },
    describePage: 1000,
    batchGetImage: 100,
  },
  iam: {
    /** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
    roleName: { max: 64, pattern: /^[\w+=,.@-]+$/ },
    roles: { default: 1000, max: 5000 },
    /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
    path: { max: 512, pattern: /^\/([!-~]+\/)?$/ },
    description: { max: 1000, pattern: /^[\t\n\r -~\u00a1-\u00ff]*$/ },
    /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html */
    policyName: { max: 128, pattern: /^[\w+=,.@-]+$/ },
    /** Of all inline policies of a role together, and of a trust policy; white space does not count (the quotas' page). */
    inlinePolicyCharacters: 10_240,
    /** Of one managed policy, without white space. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
    managedPolicyCharacters: 6144,
    trustPolicyCharacters: 2048,
    tagsPerRole: 50,
    /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html */
    listPage: 1000,
  },
  dynamodb: {
    /** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html */
    batchWrite: 25,
    batchGet: 100,
    /** Of one TransactWriteItems: actions, and bytes of all items together. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
    transactionActions: 100,
    transactionBytes: 4_194_304,
    pageBytes: 1_048_576,
    itemBytes: 409_600,
    /** The magnitude of a number (same page). */
    number: { most: 9.99e125, least: 1e-130 },
    tableName: { min: 3, max: 255, pattern: /^[A-Za-z0-9_.-]+$/ },
  },
  logs: {
    /** Of one PutLogEvents, each event counted with 26 bytes more: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
    putEvents: 10_000,
    putBytes: 1_048_576,
  },
  s3: {
    /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
    bucketName: { min: 3, max: 63, pattern: /^[a-z0-9][a-z0-9.-]+[a-z0-9]$/ },
    /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
    keyBytes: 1024,
  },
  tagging: {
    /** https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html */
    getResourcesPage: 100,
    tagsPerResource: 50,
    /** https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html#id_tags_naming_best_practices */
    keyLength: 128,
    valueLength: 256,
  },
  lambda: {
    /** Request and response, synchronous. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
    payloadBytes: 6_291_456,
    /** All environment variables together (same page). */
    environmentBytes: 4096,
  },
  websocket: {
    /** Of API Gateway's WebSocket APIs: how long a connection lasts, and how long nothing may come or go; the largest frame, and the largest message. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html */
    connectionSeconds: 7200,
    idleSeconds: 600,
    frameBytes: 32_768,
    messageBytes: 131_072,
    /** After which an integration's answer is not waited for (same page). */
    integrationSeconds: 29,
  },
  elb: {
    /** An Application Load Balancer spans two zones at least. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html */
    zones: 2,
    /** Of a load balancer and of a target group. https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html */
    name: { max: 32, pattern: /^(?!internal-)[A-Za-z0-9]+(-+[A-Za-z0-9]+)*$/ },
  },
  fargate: {
    /** MiB of memory that each CPU size accepts. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html */
    memory: {
      256: [512, 1024, 2048],
      512: range(1024, 4096, 1024),
      1024: range(2048, 8192, 1024),
      2048: range(4096, 16_384, 1024),
      4096: range(8192, 30_720, 1024),
      8192: range(16_384, 61_440, 4096),
      16384: range(32_768, 122_880, 8192),
    } as Readonly<Record<number, readonly number[]>>,
  },
} as const;

/** How many calls AWS takes at once, and how many a second after that; operations of one bucket share it. */
export interface RateBucket {
  readonly name: string;
  readonly burst: number;
  readonly perSecond: number;
  /** Like `ecs:CreateService`. */
  readonly operations: readonly string[];
}

/**
 * The rates of what reconcile calls. Where AWS documents none, or where the page could not be read from here, the rate is chosen low and marked
 * so; the SDK's own adaptive retries deal with what is left.
 */
export const RATES: readonly RateBucket[] = [
  {
    /** 20, then 1 a second: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html, cited in aws-actions/amazon-ecs-deploy-task-definition#502. */
    name: 'ecs task definition modify',
    burst: 20,
    perSecond: 1,
    operations: ['ecs:RegisterTaskDefinition'],
  },
  {
    /** Chosen low: whether it shares the bucket above could not be read here. */
    name: 'ecs task definition deregister',
    burst: 20,
    perSecond: 1,
    operations: ['ecs:DeregisterTaskDefinition'],
  },
  {
    /** Chosen low. */
    name: 'ecs service modify',
    burst: 20,
    perSecond: 5,
    operations: ['ecs:CreateService', 'ecs:UpdateService', 'ecs:DeleteService', 'ecs:TagResource', 'ecs:UntagResource'],
  },
  {
    /** About 20 a second for reads (same page, cited in aws-solutions/workload-discovery-on-aws#355); the burst is chosen low. */
    name: 'ecs service read',
    burst: 20,
    perSecond: 20,
    operations: ['ecs:DescribeServices', 'ecs:ListServices'],
  },
  {
    /** As above. */
    name: 'ecs task definition read',
    burst: 20,
    perSecond: 20,
    operations: ['ecs:DescribeTaskDefinition', 'ecs:ListTaskDefinitions', 'ecs:ListTaskDefinitionFamilies'],
  },
  {
    /** Fargate takes 100 launches at once, then 20 a second (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/throttling.html, from memory); chosen lower. */
    name: 'ecs task run',
    burst: 20,
    perSecond: 10,
    operations: ['ecs:RunTask'],
  },
  {
    /** Chosen low. */
    name: 'ecs task stop',
    burst: 20,
    perSecond: 10,
    operations: ['ecs:StopTask'],
  },
  {
    /** As the other reads of ECS; chosen low. */
    name: 'ecs task read',
    burst: 20,
    perSecond: 20,
    operations: ['ecs:DescribeTasks', 'ecs:ListTasks'],
  },
  {
    /** None documented for what changes a repository; chosen low. */
    name: 'ecr modify',
    burst: 10,
    perSecond: 10,
    operations: [
      ...['ecr:CreateRepository', 'ecr:DeleteRepository', 'ecr:PutImageTagMutability', 'ecr:PutImageScanningConfiguration'],
      ...['ecr:PutLifecyclePolicy', 'ecr:DeleteLifecyclePolicy', 'ecr:TagResource', 'ecr:UntagResource'],
    ],
  },
  {
    /** None documented; BatchGetImage has 2,000 a second: https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html */
    name: 'ecr read',
    burst: 20,
    perSecond: 20,
    operations: ['ecr:DescribeRepositories', 'ecr:ListTagsForResource', 'ecr:GetLifecyclePolicy'],
  },
  {
    /** None documented for what does not touch messages; chosen low. */
    name: 'sqs modify',
    burst: 20,
    perSecond: 20,
    operations: ['sqs:CreateQueue', 'sqs:DeleteQueue', 'sqs:SetQueueAttributes', 'sqs:TagQueue', 'sqs:UntagQueue'],
  },
  {
    /** None documented; chosen low. IAM is one for all regions. */
    name: 'iam modify',
    burst: 10,
    perSecond: 5,
    operations: [
      ...['iam:CreateRole', 'iam:DeleteRole', 'iam:UpdateRole', 'iam:UpdateAssumeRolePolicy', 'iam:TagRole', 'iam:PutRolePolicy'],
      ...['iam:DeleteRolePolicy', 'iam:AttachRolePolicy', 'iam:DetachRolePolicy', 'iam:PutRolePermissionsBoundary'],
    ],
  },
  {
    /** As above. */
    name: 'iam read',
    burst: 20,
    perSecond: 15,
    operations: ['iam:GetRole', 'iam:GetRolePolicy', 'iam:ListRolePolicies', 'iam:ListAttachedRolePolicies', 'iam:ListRoles'],
  },
  {
    /** None documented; chosen low. */
    name: 'scaling modify',
    burst: 10,
    perSecond: 10,
    operations: [
      ...['application-autoscaling:RegisterScalableTarget', 'application-autoscaling:DeregisterScalableTarget'],
      ...['application-autoscaling:PutScalingPolicy', 'application-autoscaling:DeleteScalingPolicy'],
      ...['application-autoscaling:PutScheduledAction', 'application-autoscaling:DeleteScheduledAction'],
    ],
  },
  {
    /** As above. */
    name: 'scaling read',
    burst: 20,
    perSecond: 20,
    operations: [
      ...['application-autoscaling:DescribeScalableTargets', 'application-autoscaling:DescribeScalingPolicies'],
      'application-autoscaling:DescribeScheduledActions',
    ],
  },
  {
    /** 15 a second, from memory of https://docs.aws.amazon.com/ARG/latest/userguide/gettingstarted-quotas.html */
    name: 'tag read',
    burst: 15,
    perSecond: 15,
    operations: ['tag:GetResources'],
  },
];

const BUCKETS: ReadonlyMap<string, RateBucket> = new Map(RATES.flatMap((bucket) => bucket.operations.map((one) => [one, bucket] as const)));

/** The bucket that an operation like `ecs:CreateService` takes from; one in none is not limited. */
export function bucketOf(operation: string): RateBucket | undefined {
  return BUCKETS.get(operation);
}

function range(from: number, to: number, step: number): readonly number[] {
  return Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);
}
