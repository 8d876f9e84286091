/** The ECS service that keeps an algorithm's workers running. */

import {
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeServicesCommand,
  InvalidParameterException,
  ListServicesCommand,
  type Service,
  ServiceNotActiveException,
  ServiceNotFoundException,
  type Tag,
  TagResourceCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { LIMITS } from '@mip/registry/limits';
import { TAGS } from '@mip/registry/names';
import { batches, readEach } from '../aws/batches.ts';
import type { Aws } from '../aws/clients.ts';
import { messagesIn } from '../aws/queues.ts';
import { lowerTags, ownedResources, tagRecord } from '../aws/tags.ts';
import { findRevision, ownedRevision } from '../aws/task-definitions.ts';
import { diffFields } from '../change.ts';
import type { Owner } from '../platform.ts';
import {
  type Change,
  type Kind,
  type Listed,
  NotYet,
  type Observed,
  ownership,
  type Run,
  versionedTagsOf,
  type Wanted,
  want,
} from './kind.ts';

export interface ServiceSpec {
  readonly cluster: string;
  /** The revision is known by the hash of its spec: its number does not exist before it is registered. */
  readonly taskDefinition: { readonly family: string; readonly specHash: string };
  readonly desiredCount: number;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: string;
  readonly deployment: { readonly minimumHealthyPercent: number; readonly maximumPercent: number; readonly rollback: boolean };
}

export const service: Kind<ServiceSpec> = {
  name: 'service',
  permissions: {
    read: ['tag:GetResources', 'ecs:ListServices', 'ecs:DescribeServices', 'ecs:DescribeTaskDefinition'],
    write: ['ecs:CreateService', 'ecs:UpdateService', 'ecs:TagResource', 'ecs:DeleteService', 'sqs:GetQueueUrl', 'sqs:GetQueueAttributes'],
  },
  causes: { '/desiredCount': '/scaling/min' },

  desire(algorithm, { names, facts }, before) {
    const family = names.taskDefinition(algorithm.name);
    const specHash = before.find(({ kind, name }) => kind === 'task-definition' && name === family)?.specHash ?? '';
    const spec: ServiceSpec = {
      cluster: facts.cluster,
      taskDefinition: { family, specHash },
      desiredCount: algorithm.status === 'inactive' ? 0 : Math.max(algorithm.scaling.min, 1),
      subnets: facts.subnets.toSorted(),
      securityGroups: [facts.security_group],
      assignPublicIp: facts.assign_public_ip ? 'ENABLED' : 'DISABLED',
      deployment: { minimumHealthyPercent: 100, maximumPercent: 200, rollback: true },
    };
    return [want('service', algorithm, names.service(algorithm.name), spec)];
  },

  async list(aws, { catalogId, names }) {
    const active = await activeServices(aws, names.cluster);
    const listed = new Map<string, Listed>();
    for await (const { arn, tags } of ownedResources(aws.tagging, catalogId, 'ecs:service'))
      if (active.has(arn)) listed.set(arn.slice(arn.lastIndexOf('/') + 1), ownership(tags));
    return listed;
  },

  async inspect(aws, owner, subjects) {
    const found = await readEach(batches([...subjects.keys()], LIMITS.ecs.describeServices), (names) => describe(aws, owner, names));
    const observed = await readEach(found.flat(), (one) => observe(aws, one));
    return new Map(observed.map((one) => [one.name, one]));
  },

  diff: diffFields,

  async apply(aws, change, run) {
    if (change.action === 'delete') return remove(aws, change, run);
    const wanted = change.wanted as Wanted<ServiceSpec>;
    const taskDefinition = await revisionFor(aws, wanted.spec, run);
    const tags = lowerTags(versionedTagsOf(wanted, run));
    if (change.action === 'create') return create(aws, wanted, taskDefinition, tags);
    const { service: updated } = await aws.ecs.send(
      new UpdateServiceCommand({ service: wanted.name, ...settings(wanted.spec, taskDefinition) }),
    );
    await aws.ecs.send(new TagResourceCommand({ resourceArn: updated?.serviceArn, tags })); // last: the hash says that it is updated
  },
};

async function create(aws: Aws, { name, spec }: Wanted<ServiceSpec>, taskDefinition: string, tags: Tag[]): Promise<void> {
  const command = new CreateServiceCommand({
    serviceName: name,
    launchType: 'FARGATE',
    propagateTags: 'SERVICE',
    tags,
    ...settings(spec, taskDefinition),
  });
  try {
    await aws.ecs.send(command);
  } catch (error) {
    const draining = error instanceof InvalidParameterException && /draining/i.test(error.message);
    throw draining ? new NotYet(`the service ${name} that was deleted still stops its tasks`) : error;
  }
}

/** ARNs of the cluster's services; the tag index still knows deleted ones. */
async function activeServices(aws: Aws, cluster: string): Promise<ReadonlySet<string>> {
  const arns = new Set<string>();
  let nextToken: string | undefined;
  do {
    const page = await aws.ecs.send(new ListServicesCommand({ cluster, maxResults: 100, nextToken }));
    for (const arn of page.serviceArns ?? []) arns.add(arn);
    nextToken = page.nextToken;
  } while (nextToken);
  return arns;
}

async function describe(aws: Aws, { names }: Owner, services: readonly string[]): Promise<readonly Service[]> {
  const answer = await aws.ecs.send(new DescribeServicesCommand({ cluster: names.cluster, services: [...services], include: ['TAGS'] }));
  const failed = answer.failures?.find(({ reason }) => reason !== 'MISSING');
  if (failed) throw new Error(`service ${failed.arn}: ${failed.reason}`);
  return (answer.services ?? []).filter(({ status }) => status === 'ACTIVE');
}

async function observe(aws: Aws, found: Service): Promise<Observed<ServiceSpec>> {
  const revision = await findRevision(aws.ecs, found.taskDefinition ?? '');
  const network = found.networkConfiguration?.awsvpcConfiguration;
  const { minimumHealthyPercent = 100, maximumPercent = 200, deploymentCircuitBreaker } = found.deploymentConfiguration ?? {};
  const arn = found.taskDefinition ?? '';
  const spec = {
    cluster: (found.clusterArn ?? '').split('/').at(-1) ?? '',
    taskDefinition: { family: arn.slice(arn.lastIndexOf('/') + 1).split(':')[0] ?? '', specHash: revision?.tags[TAGS.specHash] ?? '' },
    desiredCount: found.desiredCount ?? 0,
    subnets: (network?.subnets ?? []).toSorted(),
    securityGroups: network?.securityGroups ?? [],
    assignPublicIp: network?.assignPublicIp ?? 'DISABLED',
    deployment: { minimumHealthyPercent, maximumPercent, rollback: deploymentCircuitBreaker?.rollback ?? false },
  };
  return { name: found.serviceName ?? '', ...ownership(tagRecord(found.tags)), spec };
}

/** @throws Error when the newest revision is not the one that was planned. */
async function revisionFor(aws: Aws, { taskDefinition: { family, specHash } }: ServiceSpec, run: Run): Promise<string> {
  const revision = await ownedRevision(aws.ecs, family, run.catalogId);
  if (revision.tags[TAGS.specHash] !== specHash) throw new Error(`${revision.arn} is not the task definition that was planned`);
  return revision.arn;
}

function settings(spec: ServiceSpec, taskDefinition: string) {
  const { minimumHealthyPercent, maximumPercent, rollback } = spec.deployment;
  return {
    cluster: spec.cluster,
    taskDefinition,
    desiredCount: spec.desiredCount,
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [...spec.subnets],
        securityGroups: [...spec.securityGroups],
        assignPublicIp: spec.assignPublicIp as 'ENABLED' | 'DISABLED',
      },
    },
    deploymentConfiguration: { minimumHealthyPercent, maximumPercent, deploymentCircuitBreaker: { enable: rollback, rollback } },
  };
}

/** Its workers are the only ones that can empty the queue, so they go after the last job. */
async function remove(aws: Aws, { name, algorithm }: Change, { names }: Run): Promise<void> {
  const queue = names.requestQueue(algorithm);
  const messages = await messagesIn(aws.sqs, queue);
  if (messages > 0) throw new NotYet(`${queue} still holds ${messages} ${messages === 1 ? 'message' : 'messages'} to be worked off`);
  try {
    await aws.ecs.send(new DeleteServiceCommand({ cluster: names.cluster, service: name, force: true }));
  } catch (error) {
    if (!(error instanceof ServiceNotFoundException || error instanceof ServiceNotActiveException)) throw error;
  }
}
