/** How one task of an algorithm runs: image, size, roles, environment. Every apply of a change registers a new revision. */

import {
  type LinuxParameters,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type ResourceRequirement,
} from '@aws-sdk/client-ecs';
import type { EntryContract } from '@mip/registry';
import { contractOf } from '@mip/registry/contract';
import { LIMITS } from '@mip/registry/limits';
import { TREE_HASH_LABEL } from '@mip/registry/names';
import canonicalize from 'canonicalize';
import { type Algorithm, lineOf } from '../algorithm.ts';
import { readFound } from '../aws/batches.ts';
import type { Aws } from '../aws/clients.ts';
import { findImage, findRepository } from '../aws/images.ts';
import { queueUrl } from '../aws/queues.ts';
import { lowerTags } from '../aws/tags.ts';
import { deregisterAll, findRevision, newestRevisions, type Revision, settingsBeyond, withoutEmpty } from '../aws/task-definitions.ts';
import { diffFields } from '../change.ts';
import { CONTRACT_CAUSES } from '../contract.ts';
import { gpusOf } from '../launch.ts';
import type { Platform } from '../platform.ts';
import { type Kind, type Observed, ownership, type Run, versionedTagsOf, type Wanted, want } from './kind.ts';

/** An image that MIP builds is known by its tree, because its digest does not exist before it is built. */
export type ImageSpec = { readonly repository: string; readonly tag: string; readonly treeHash: string } | { readonly uri: string };

export interface TaskDefinitionSpec {
  /** CPU units and MiB, as strings: that is how ECS has them. */
  readonly cpu: string;
  readonly memory: string;
  readonly architecture: string;
  /** How many; absent for none, which is what Fargate has. */
  readonly gpu?: number;
  /** What it can be launched on, where that is not Fargate. */
  readonly compatibility?: string;
  readonly image: ImageSpec;
  readonly taskRole: string;
  readonly executionRole: string;
  /** Environment variable → ARN of the secret that it holds. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly logs: { readonly driver: string; readonly group: string; readonly prefix: string };
  readonly network: string;
  /** Names of containers; one that is as wanted has one. */
  readonly containers: readonly string[];
  readonly user: string;
  /** What of Linux the container may do; as ECS has it, without what says nothing. */
  readonly linux: unknown;
  readonly readonlyRoot: boolean;
  /** Seconds between SIGTERM and SIGKILL. */
  readonly stopTimeout: number;
  readonly queue: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly entry: EntryContract;
  /** What MIP never sets, like volumes, and somebody did. */
  readonly others: Readonly<Record<string, unknown>>;
}

const CONTAINER = 'worker';
const USER = '65532'; // "nonroot" of distroless images
const NETWORK = 'awsvpc';
const LOGS = 'awslogs';
const FARGATE = 'FARGATE';
/** No capability at all; an init process reaps what a worker leaves behind. */
const LINUX = { capabilities: { drop: ['ALL'] }, initProcessEnabled: true };
/** A worker runs so many jobs at a time as its task has whole processors, and shares its memory among them. */
const CPU_OF_A_JOB = 1024;
const ARCHITECTURES = { amd64: 'X86_64', arm64: 'ARM64' } as const;
/** Set when a revision is registered, and no reason to register another. */
const OF_THE_RUN = ['MIP_COMMIT', 'MIP_PLAN_DIGEST', 'MIP_IMAGE_DIGEST'];
/** Have a field of their own in the spec, or follow from one. */
const OF_THE_SPEC = ['MIP_ENTRY', 'MIP_QUEUE_URL', 'MIP_CHILDREN', 'MIP_MEMORY_MIB'];

export const taskDefinition: Kind<TaskDefinitionSpec> = {
  name: 'task-definition',
  perVersion: true,
  permissions: {
    read: ['tag:GetResources', 'ecs:ListTaskDefinitionFamilies', 'ecs:DescribeTaskDefinition'],
    write: [
      ...['ecr:BatchGetImage', 'ecr:DescribeRepositories', 'sqs:GetQueueUrl', 'iam:PassRole', 'ecs:TagResource'],
      ...['ecs:RegisterTaskDefinition', 'ecs:ListTaskDefinitions', 'ecs:DeregisterTaskDefinition'],
    ],
  },
  causes: {
    '/cpu': '/cpu',
    '/memory': '/memory',
    '/architecture': '/architectures',
    '/gpu': '/gpu',
    '/compatibility': '/gpu',
    '/image': '/source',
    '/image/tag': '/version',
    '/image/uri': '/image_uri',
    '/taskRole': '/role_class',
    '/environment/MIP_VERSION': '/version',
    '/environment/MIP_TIMEOUT': '/timeout',
    ...CONTRACT_CAUSES,
  },

  desire(algorithm, platform) {
    const { names, facts, taskRoles, defaultRoleClass } = platform;
    const role = taskRoles === 'own' ? names.taskRole(algorithm.name) : names.classRole(algorithm.role_class ?? defaultRoleClass);
    const image: ImageSpec = algorithm.image_uri
      ? { uri: algorithm.image_uri }
      : { repository: names.repository(algorithm.name), tag: `v${algorithm.version}`, treeHash: algorithm.treeHash ?? '' };
    const spec: TaskDefinitionSpec = {
      cpu: String(algorithm.cpu),
      memory: String(algorithm.memory),
      architecture: ARCHITECTURES[algorithm.architectures[0] ?? 'amd64'],
      ...(algorithm.gpu > 0 && { gpu: algorithm.gpu, compatibility: 'EC2' }),
      image,
      taskRole: names.roleArn(role),
      executionRole: facts.execution_role_arn,
      secrets: secretsOf(platform),
      logs: { driver: LOGS, group: facts.log_group, prefix: algorithm.name },
      network: NETWORK,
      containers: [CONTAINER],
      user: USER,
      linux: LINUX,
      readonlyRoot: true,
      stopTimeout: LIMITS.ecs.stopTimeoutSeconds,
      queue: names.requestQueue(lineOf(algorithm)),
      environment: environmentOf(algorithm, platform),
      entry: contractOf(algorithm),
      others: {},
    };
    return [want('task-definition', algorithm, names.taskDefinition(lineOf(algorithm)), spec)];
  },

  async list(aws, { catalogId, names }) {
    const newest = await newestRevisions(aws, catalogId, names.taskDefinition(''));
    return new Map([...newest].map(([family, tags]) => [family, ownership(tags)]));
  },

  async inspect(aws, _owner, subjects) {
    return readFound(subjects.keys(), async (family) => observed(family, await findRevision(aws.ecs, family)));
  },

  diff: diffFields,

  async apply(aws, change, run) {
    if (change.action === 'delete') return deregisterAll(aws.ecs, change.name);
    await aws.ecs.send(new RegisterTaskDefinitionCommand(await registration(aws, change.wanted as Wanted<TaskDefinitionSpec>, run)));
  },
};

/** All workers know all PACSs: which one a job's images come from is said by the job. */
function environmentOf({ name, version, timeout }: Algorithm, platform: Platform): Readonly<Record<string, string>> {
  const { names, facts, most, pacs } = platform;
  return {
    AWS_REGION: platform.region,
    MIP_ALGORITHM: name,
    MIP_VERSION: version,
    MIP_TIMEOUT: String(timeout),
    MIP_PLATFORM: platform.name,
    MIP_JOBS_TABLE: names.table('jobs'),
    MIP_IMAGES_TABLE: names.table('images'),
    MIP_IMAGES_BUCKET: names.bucket('images'),
    MIP_RESULTS_BUCKET: names.bucket('results'),
    MIP_RESULTS_QUEUE: names.resultsQueue,
    MIP_MAX_IMAGE_BYTES: String(most.imageBytes),
    MIP_MAX_RESULT_BYTES: String(most.resultBytes),
    MIP_PACS: canonicalize(pacs) ?? '[]',
    MIP_DEFAULT_PACS: platform.defaultPacs,
    ...(facts.image_store_url !== undefined && { MIP_IMAGE_STORE_URL: facts.image_store_url }),
  };
}

/** What the deployed platform has no secret for yet is left out: its next deployment makes it, and the next apply takes it up. */
function secretsOf({ facts, pacs }: Platform): Readonly<Record<string, string>> {
  const credentials = pacs.flatMap(({ name, credentials: asks }) => {
    const arn = asks ? facts.pacs_secret_arns?.[name] : undefined;
    return arn === undefined ? [] : [[`MIP_PACS_SECRET_${name.toUpperCase().replaceAll('-', '_')}`, arn]];
  });
  return {
    MIP_IMAGES_KEY: facts.images_key_secret_arn,
    ...(facts.workers_key_secret_arn !== undefined && { MIP_WORKERS_KEY: facts.workers_key_secret_arn }),
    ...Object.fromEntries(credentials),
  };
}

function observed(family: string, revision: Revision | undefined): Observed<TaskDefinitionSpec> | undefined {
  if (!revision) return undefined;
  const { definition, container, environment, tags } = revision;
  const requirements = container.resourceRequirements ?? [];
  const [repository = '', digest] = (container.image ?? '').split('@');
  const labelled = container.dockerLabels?.[TREE_HASH_LABEL];
  const treeHash = environment.MIP_IMAGE_DIGEST === digest ? labelled : undefined; // a label says nothing of an image that was put in later
  const options = container.logConfiguration?.options ?? {};
  const own = Object.entries(environment).filter(([name]) => !OF_THE_RUN.includes(name) && !OF_THE_SPEC.includes(name));
  const spec = {
    cpu: definition.cpu ?? '',
    memory: definition.memory ?? '',
    architecture: definition.runtimePlatform?.cpuArchitecture ?? '',
    ...gpusIn(revision),
    image: treeHash
      ? { repository: repository.slice(repository.indexOf('/') + 1), tag: `v${environment.MIP_VERSION}`, treeHash }
      : { uri: digest ? `${repository}@${digest}` : repository },
    taskRole: definition.taskRoleArn ?? '',
    executionRole: definition.executionRoleArn ?? '',
    secrets: Object.fromEntries((container.secrets ?? []).map(({ name = '', valueFrom = '' }) => [name, valueFrom])),
    logs: {
      driver: container.logConfiguration?.logDriver ?? '',
      group: options['awslogs-group'] ?? '',
      prefix: options['awslogs-stream-prefix'] ?? '',
    },
    network: definition.networkMode ?? '',
    containers: (definition.containerDefinitions ?? []).map(({ name = '' }) => name),
    user: container.user ?? '',
    linux: withoutEmpty(container.linuxParameters) ?? null,
    readonlyRoot: container.readonlyRootFilesystem ?? false,
    stopTimeout: container.stopTimeout ?? 0,
    queue: (environment.MIP_QUEUE_URL ?? '').split('/').at(-1) ?? '',
    environment: Object.fromEntries(own),
    entry: JSON.parse(environment.MIP_ENTRY ?? 'null'),
    others: settingsBeyond({ definition, container: { ...container, resourceRequirements: requirements.filter((one) => !isGpu(one)) } }),
  };
  return { name: family, ...ownership(tags), spec };
}

function gpusIn({ definition, container }: Revision): Pick<TaskDefinitionSpec, 'gpu' | 'compatibility'> {
  const gpu = gpusOf(container);
  const compatibility = definition.requiresCompatibilities?.join() ?? '';
  return { ...(gpu > 0 && { gpu }), ...(compatibility !== FARGATE && { compatibility }) };
}

function isGpu({ type }: ResourceRequirement): boolean {
  return type === 'GPU';
}

async function registration(aws: Aws, wanted: Wanted<TaskDefinitionSpec>, run: Run): Promise<RegisterTaskDefinitionCommandInput> {
  const { spec } = wanted;
  const image = await resolve(aws, spec.image);
  const environment = {
    ...spec.environment,
    MIP_ENTRY: canonicalize(spec.entry) ?? '',
    MIP_QUEUE_URL: await queueUrl(aws.sqs, spec.queue),
    MIP_CHILDREN: String(Math.max(1, Math.floor(Number(spec.cpu) / CPU_OF_A_JOB))),
    MIP_MEMORY_MIB: spec.memory,
    MIP_IMAGE_DIGEST: image.slice(image.indexOf('@') + 1),
    MIP_COMMIT: run.commit,
    MIP_PLAN_DIGEST: run.planDigest,
  };
  return {
    family: wanted.name,
    cpu: spec.cpu,
    memory: spec.memory,
    networkMode: spec.network as 'awsvpc',
    requiresCompatibilities: [(spec.compatibility ?? FARGATE) as 'FARGATE' | 'EC2'],
    runtimePlatform: { cpuArchitecture: spec.architecture as 'X86_64' | 'ARM64', operatingSystemFamily: 'LINUX' },
    taskRoleArn: spec.taskRole,
    executionRoleArn: spec.executionRole,
    tags: lowerTags(versionedTagsOf(wanted, run)),
    containerDefinitions: [
      {
        name: CONTAINER,
        image,
        essential: true,
        ...(spec.gpu !== undefined && { resourceRequirements: [{ type: 'GPU' as const, value: String(spec.gpu) }] }),
        user: spec.user,
        linuxParameters: spec.linux as LinuxParameters,
        readonlyRootFilesystem: spec.readonlyRoot,
        stopTimeout: spec.stopTimeout,
        environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
        secrets: Object.entries(spec.secrets).map(([name, valueFrom]) => ({ name, valueFrom })),
        ...('treeHash' in spec.image && { dockerLabels: { [TREE_HASH_LABEL]: spec.image.treeHash } }),
        logConfiguration: {
          logDriver: spec.logs.driver as 'awslogs',
          options: { 'awslogs-group': spec.logs.group, 'awslogs-region': run.region, 'awslogs-stream-prefix': spec.logs.prefix },
        },
      },
    ],
  };
}

/** @returns the image pinned by digest. @throws Error when ECR does not hold that tree under that tag. */
async function resolve(aws: Aws, image: ImageSpec): Promise<string> {
  if ('uri' in image) return image.uri;
  const found = await findImage(aws.ecr, image.repository, image.tag);
  if (found?.treeHash !== image.treeHash)
    throw new Error(`${image.repository}:${image.tag} holds ${found?.treeHash ?? 'no image'}, not ${image.treeHash}`);
  const repository = await findRepository(aws.ecr, image.repository);
  return `${repository?.repositoryUri}@${found.digest}`;
}
