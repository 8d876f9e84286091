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
export type Table = 'algorithms' | 'jobs' | 'clients' | 'leases' | 'images';

export type PhysicalNames = ReturnType<typeof physicalNames>;

/** All names of one region of one platform. */
export function physicalNames(scope: NameScope) {
  const { prefix, account, region, platform } = scope;
  return {
    table: (table: Table) => `${prefix}-${table}`,
    bucket: (bucket: Bucket) => `${prefix}-${account}-${region}-${bucket}`,
    cluster: `${prefix}-cluster`,
    repository: (algorithm: string) => `${prefix}-${algorithm}`,
    requestQueue: (algorithm: string) => `${prefix}-${algorithm}-requests.fifo`,
    deadLetterQueue: (algorithm: string) => `${prefix}-${algorithm}-requests-dlq.fifo`,
    taskDefinition: (algorithm: string) => `${prefix}-${algorithm}`,
    service: (algorithm: string) => `${prefix}-${algorithm}`,
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
    /** Of the whole platform, whatever the region: it deploys all of them. */
    deployRole: roleName(`${prefix}-platform-deploy`),
    /** The managed policy that no task role can reach beyond. */
    taskBoundary: roleName(`${prefix}-${region}-task-boundary`),
    roleArn: (role: string) => `arn:aws:iam::${account}:role/mip/${platform}/${role}`,
    policyArn: (policy: string) => `arn:aws:iam::${account}:policy/mip/${platform}/${policy}`,
    logGroup: {
      admin: '/aws/lambda/mip-algos-admin',
      router: '/aws/lambda/mip-dynamic-router',
      sweeper: '/aws/lambda/mip-sweeper',
      algorithms: '/ecs/mip-algorithms',
      imageStore: '/ecs/mip-dicomweb',
    },
    routerFunction: `${prefix}-dynamic-router`,
    sweeperFunction: `${prefix}-sweeper`,
    adminKey: `/${prefix}/admin/key`,
    imagesKey: `${prefix}/images/key`,
    /** With which workers speak to the image store. */
    workersKey: `${prefix}/images/workers-key`,
    /** What the image store's tasks may do. */
    imageStoreRole: roleName(`${prefix}-${region}-image-store`),
    /** The credentials of a PACS of the platform file. */
    pacsSecret: (pacs: string) => `${prefix}/pacs/${pacs}`,
    /** The image store's repository, task definition and service. */
    imageStore: `${prefix}-dicomweb`,
    platformFacts: `/${prefix}/platform/facts`,
    stack: `${prefix}-${platform}`,
    /** What an account has once, in the home region. */
    deliveryStack: `${prefix}-${platform}-delivery`,
    /** Where an algorithm's workers may write in the results bucket. */
    resultPrefix: (algorithm: string) => `algorithms/${algorithm}/`,
    queueUrl: (queue: string, endpoint: string) => `${endpoint}/${account}/${queue}`,
    queueArn: (queue: string) => `arn:aws:sqs:${region}:${account}:${queue}`,
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

/** Names no algorithm may take: they are paths or services of the platform itself. */
export const RESERVED_ALGORITHM_NAMES: readonly string[] = ['cluster', 'dicomweb', 'results', 'callbacks'];
/** How requests call the platform's own image store; no PACS of a platform file may have that name. */
export const BUILT_IN_PACS = 'built-in';
/** The pattern of an algorithm's name; 2 to 36 characters. */
export const ALGORITHM_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
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
  /** On an image repository that no algorithm wants any more: since when, ISO 8601. */
  retired: 'mip:retired',
} as const;
/** The label of an image and of a task definition that says from which source tree it was built. */
export const TREE_HASH_LABEL = 'mip.tree-hash';
