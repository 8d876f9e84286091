/**
 * Every physical name of a platform, in one place. Names are pure functions of the platform's prefix, account and region;
 * whether a name fits AWS's limits is checked against `limits.ts` by the catalog's rule `physical-names`.
 */

import { createHash } from 'node:crypto';
import { LIMITS } from './limits.ts';

/** What a physical name depends on. */
export interface NameScope {
  readonly prefix: string;
  readonly account: string;
  readonly region: string;
  readonly platform: string;
}

export type Bucket = 'images' | 'results' | 'reconciles';
export type Table = 'algorithms' | 'jobs' | 'clients' | 'leases' | 'images' | 'connections';

export type PhysicalNames = ReturnType<typeof physicalNames>;

/** All names of one region of one platform. */
export function physicalNames(scope: NameScope) {
  const { prefix, account, region, platform } = scope;
  return {
    table: (table: Table) => `${prefix}-${table}`,
    bucket: (bucket: Bucket) => `${prefix}-${account}-${region}-${bucket}`,
    cluster: `${prefix}-cluster`,
    /** The instances with GPUs; in this order, because AWS keeps what begins with aws, ecs or fargate for itself. */
    gpuCapacity: `gpu-${prefix}`,
    repository: (algorithm: string) => `${prefix}-${algorithm}`,
    requestQueue: (line: string) => `${prefix}-${line}-requests.fifo`,
    deadLetterQueue: (line: string) => `${prefix}-${line}-requests-dlq.fifo`,
    isDeadLetterQueue: (queue: string) => queue.endsWith('-requests-dlq.fifo'),
    /** Of a request queue's name; undefined for any other queue. */
    lineOfQueue: (queue: string) =>
      queue.startsWith(`${prefix}-`) && queue.endsWith('-requests.fifo')
        ? queue.slice(prefix.length + 1, -'-requests.fifo'.length)
        : undefined,
    lineOfDeadLetters: (queue: string) =>
      queue.startsWith(`${prefix}-`) && queue.endsWith('-requests-dlq.fifo')
        ? queue.slice(prefix.length + 1, -'-requests-dlq.fifo'.length)
        : undefined,
    /** Where a new version finds its conformance jobs before it gets anybody else's. */
    candidateQueue: (line: string) => `${prefix}-${line}-candidate.fifo`,
    /** Events of jobs, from whoever changed one to the notifier. */
    resultsQueue: `${prefix}-results.fifo`,
    resultsDeadLetters: `${prefix}-results-dlq.fifo`,
    /** Callbacks that are still to be made; a standard queue, because one client's must not wait for another's. */
    callbacksQueue: `${prefix}-callbacks`,
    callbacksDeadLetters: `${prefix}-callbacks-dlq`,
    taskDefinition: (line: string) => `${prefix}-${line}`,
    service: (line: string) => `${prefix}-${line}`,
    /** How Application Auto Scaling calls a line's service. */
    scalableTarget: (line: string) => `service/${prefix}-cluster/${prefix}-${line}`,
    scalingPolicy: (line: string) => `${prefix}-${line}`,
    /** The scheduled action that ends what somebody set for a while. */
    overrideEnd: (line: string) => `${prefix}-${line}-override-end`,
    /** Of a service's or task definition's name. */
    lineOf: (service: string) => service.slice(prefix.length + 1),
    rolePath: `/mip/${platform}/`,
    /** One for all versions of an algorithm. */
    taskRole: (algorithm: string) => roleName(`${prefix}-${region}-${algorithm}-task`),
    /** Shared by the algorithms of a class where one role each would be too many; the underscore keeps it apart from every `taskRole`. */
    classRole: (roleClass: string) => roleName(`${prefix}-${region}-class_${roleClass}`),
    executionRole: roleName(`${prefix}-${region}-execution`),
    /** The roles of reconcile itself. */
    planRole: roleName(`${prefix}-${region}-reconcile-plan`),
    applyRole: roleName(`${prefix}-${region}-reconcile-apply`),
    buildRole: roleName(`${prefix}-${region}-reconcile-build`),
    scaleRole: roleName(`${prefix}-${region}-reconcile-scale`),
    /** Of ECS's agent on an instance with GPUs; tasks have roles of their own. */
    gpuInstanceRole: roleName(`${prefix}-${region}-gpu-instance`),
    /** The managed policy of the roles that plan. */
    readPolicy: roleName(`${prefix}-${region}-reconcile-read`),
    /** Of the whole platform, whatever the region: it deploys all of them. */
    deployRole: roleName(`${prefix}-platform-deploy`),
    /** The managed policy that no task role can reach beyond. */
    taskBoundary: roleName(`${prefix}-${region}-task-boundary`),
    roleArn: (role: string) => `arn:aws:iam::${account}:role/mip/${platform}/${role}`,
    policyArn: (policy: string) => `arn:aws:iam::${account}:policy/mip/${platform}/${policy}`,
    logGroup: {
      admin: '/aws/lambda/mip-algos-admin',
      router: '/aws/lambda/mip-dynamic-router',
      notifier: '/aws/lambda/mip-notifier',
      sweeper: '/aws/lambda/mip-sweeper',
      websocket: '/aws/lambda/mip-websocket',
      algorithms: '/ecs/mip-algorithms',
      imageStore: '/ecs/mip-dicomweb',
    },
    routerFunction: `${prefix}-dynamic-router`,
    adminFunction: `${prefix}-algos-admin`,
    notifierFunction: `${prefix}-notifier`,
    sweeperFunction: `${prefix}-sweeper`,
    websocketFunction: `${prefix}-websocket`,
    adminKey: `/${prefix}/admin/key`,
    /** The admin key before, which holds beside it while it is rotated; mostly there is none. */
    previousAdminKey: `/${prefix}/admin/previous-key`,
    imagesKey: `${prefix}/images/key`,
    /** With which workers speak to the image store. */
    workersKey: `${prefix}/images/workers-key`,
    /** What the image store's tasks may do. */
    imageStoreRole: roleName(`${prefix}-${region}-image-store`),
    /** The secrets with which callbacks are signed: one for each client. */
    callbackSecret: (client: string) => `${prefix}/callbacks/${client}`,
    /** The credentials of a PACS of the platform file. */
    pacsSecret: (pacs: string) => `${prefix}/pacs/${pacs}`,
    /** With which the Admin API proposes changes of the catalog: a token, or the key of a GitHub App. */
    githubSecret: `${prefix}/github/catalog`,
    /** The image store's repository, task definition and service. */
    imageStore: `${prefix}-dicomweb`,
    platformFacts: `/${prefix}/platform/facts`,
    stack: `${prefix}-${platform}`,
    /** What an account has once, in the home region. */
    deliveryStack: `${prefix}-${platform}-delivery`,
    /** Where an algorithm's workers may write in the results bucket. */
    resultPrefix: (algorithm: string) => `algorithms/${algorithm}/`,
    /** Where the results of its conformance jobs go, which no client sees. */
    quarantinePrefix: (algorithm: string) => `quarantine/${algorithm}/`,
    /** An image of a conformance case in the images bucket, by the SHA-256 of its bytes in hex. */
    conformanceImage: (sha256: string) => `conformance/${sha256}.dcm`,
    queueUrl: (queue: string, endpoint: string) => `${endpoint}/${account}/${queue}`,
    queueArn: (queue: string) => `arn:aws:sqs:${region}:${account}:${queue}`,
    serviceArn: (service: string) => `arn:aws:ecs:${region}:${account}:service/${prefix}-cluster/${service}`,
    tableArn: (table: Table) => `arn:aws:dynamodb:${region}:${account}:table/${prefix}-${table}`,
    bucketArn: (bucket: Bucket) => `arn:aws:s3:::${prefix}-${account}-${region}-${bucket}`,
    /** Everything of ECS here: who may take a task role on. */
    ecsArns: `arn:aws:ecs:${region}:${account}:*`,
    account,
  };
}

/** An IAM role name: cut at AWS's limit and ended with 8 hex digits of a hash of the whole, so that two long names stay two. */
export function roleName(name: string): string {
  const limit = LIMITS.iam.roleName.max;
  if (name.length <= limit) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, limit - 9)}-${hash}`;
}

/**
 * The line of a version that an entry serves by default: the base name of the resources that serve it. Every major but the first has resources
 * of its own beside those of another; no algorithm's name has an underscore, so that no two lines are one.
 */
export function lineName(algorithm: string, version: string): string {
  const major = Number(version.split('.')[0]);
  return major === 1 ? algorithm : `${algorithm}_v${major}`;
}

/** The line of a version that is served beside the default one. */
export function releaseLine(algorithm: string, version: string): string {
  return `${algorithm}-v${version.replaceAll('.', '-')}`;
}

/** Whose the conformance jobs are; no client may have this id. */
export const CONFORMANCE_CLIENT = 'mip-conformance';

/** Names no algorithm may take: they are paths or services of the platform itself. */
export const RESERVED_ALGORITHM_NAMES: readonly string[] = ['cluster', 'dicomweb', 'results', 'callbacks'];
/** How requests call the platform's own image store; no PACS of a platform file may have that name. */
export const BUILT_IN_PACS = 'built-in';
/** The pattern of an algorithm's name; 2 to 36 characters. */
export const ALGORITHM_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

export function isAlgorithmName(name: unknown): name is string {
  return typeof name === 'string' && name.length >= 2 && name.length <= 36 && ALGORITHM_NAME.test(name);
}

/** The names that MIP puts on the things it owns. */
export const TAGS = {
  managedBy: 'mip:managed-by',
  algorithm: 'mip:algorithm',
  specHash: 'mip:spec-hash',
  version: 'mip:version',
  /** Of an algorithm's queues: which class of task role may read them. */
  roleClass: 'mip:role-class',
  /** On what still drains: since when the registry has no row of it, ISO 8601. */
  withdrawn: 'mip:withdrawn',
  /** Of a task definition's revision: the digest of the conformance cases that it has passed, how many those are, and when; ISO 8601. */
  conformance: 'mip:conformance',
  conformanceCases: 'mip:conformance-cases',
  conformanceAt: 'mip:conformance-at',
  /** Of a service: the hash of what scales it. */
  scalingHash: 'mip:scaling-hash',
  /** On an image repository that no algorithm wants any more: since when, ISO 8601. */
  retired: 'mip:retired',
} as const;
/** The label of an image and of a task definition that says from which source tree it was built. */
export const TREE_HASH_LABEL = 'mip.tree-hash';
