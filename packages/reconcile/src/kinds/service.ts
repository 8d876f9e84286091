/** The ECS service that keeps an algorithm's workers running, until the last job of one that left the catalog is done. */

import {
  CreateServiceCommand,
  DeleteServiceCommand,
  InvalidParameterException,
  type Service,
  ServiceNotActiveException,
  ServiceNotFoundException,
  type Tag,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { LIMITS } from '@mip/registry/limits';
import { TAGS } from '@mip/registry/names';
import { tasksOf } from '../algorithm.ts';
import { batches, readEach } from '../aws/batches.ts';
import type { Aws } from '../aws/clients.ts';
import { messagesIn } from '../aws/queues.ts';
import { activeServices, describeServices, serviceHash } from '../aws/services.ts';
import { lowerTags, ownedResources, tagRecord } from '../aws/tags.ts';
import { activeRevisions, deregisterBut, findRevision, ownedRevision } from '../aws/task-definitions.ts';
import { diffFields } from '../change.ts';
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

/** The newest revision, and the one before it. */
const REVISIONS_KEPT = 2;

export interface ServiceSpec {
  readonly cluster: string;
  /** The revision is known by the hash of its spec: its number does not exist before it is registered. */
  readonly taskDefinition: { readonly family: string; readonly specHash: string };
  readonly desiredCount: number;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: string;
  readonly deployment: { readonly minimumHealthyPercent: number; readonly maximumPercent: number; readonly rollback: boolean };
  /** True while it only works off what is left. */
  readonly withdrawn: boolean;
}

export const service: Kind<ServiceSpec> = {
  name: 'service',
  permissions: {
    read: ['tag:GetResources', 'ecs:ListServices', 'ecs:DescribeServices', 'ecs:DescribeTaskDefinition'],
    write: [
      ...['ecs:CreateService', 'ecs:UpdateService', 'ecs:TagResource', 'ecs:UntagResource', 'ecs:DeleteService'],
      ...['ecs:ListTaskDefinitions', 'ecs:DeregisterTaskDefinition', 'sqs:GetQueueUrl', 'sqs:GetQueueAttributes'],
    ],
  },
  causes: { '/desiredCount': '/scaling/min' },

  desire(algorithm, { names, facts }, before) {
    const family = names.taskDefinition(algorithm.name);
    const specHash = before.find(({ kind, name }) => kind === 'task-definition' && name === family)?.specHash ?? '';
    const spec: ServiceSpec = {
      cluster: facts.cluster,
      taskDefinition: { family, specHash },
      desiredCount: tasksOf(algorithm),
      subnets: facts.subnets.toSorted(),
      securityGroups: [facts.security_group],
      assignPublicIp: facts.assign_public_ip ? 'ENABLED' : 'DISABLED',
      deployment: { minimumHealthyPercent: 100, maximumPercent: 200, rollback: true },
      withdrawn: false,
    };
    return [{ ...want('service', algorithm, names.service(algorithm.name), spec), specHash: serviceHash(spec) }];
  },

  async list(aws, { catalogId, names }) {
    const active = await activeServices(aws.ecs, names.cluster);
    const listed = new Map<string, Listed>();
    for await (const { arn, tags } of ownedResources(aws.tagging, catalogId, 'ecs:service'))
      if (active.has(arn)) listed.set(arn.slice(arn.lastIndexOf('/') + 1), asListed(tags));
    return listed;
  },

  async inspect(aws, owner, subjects) {
    const found = await readEach(batches([...subjects.keys()], LIMITS.ecs.describeServices), (names) =>
      describeServices(aws.ecs, owner.names.cluster, names),
    );
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
    return update(aws, change, { taskDefinition, tags });
  },
};

/** A service that was withdrawn is looked at closely whatever its hash says: it must not stay so when it is wanted again. */
function asListed(tags: Readonly<Record<string, string>>): Listed {
  const listed = ownership(tags);
  return listed.withdrawn === undefined ? listed : { ...listed, specHash: undefined };
}

/** Keeps the revision that ran before, for a deployment that is rolled back; older ones can start nothing any more. */
async function update(aws: Aws, change: Change<ServiceSpec>, to: { taskDefinition: string; tags: Tag[] }): Promise<void> {
  const { name, spec } = change.wanted as Wanted<ServiceSpec>;
  const [before] = await describeServices(aws.ecs, spec.cluster, [name]);
  const command = new UpdateServiceCommand({ service: name, ...settings(spec, to.taskDefinition) });
  const { service: updated } = await aws.ecs.send(command);
  const resourceArn = updated?.serviceArn;
  if (change.observed?.spec.withdrawn) await aws.ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: [TAGS.withdrawn] }));
  if (change.observed?.spec.taskDefinition.specHash !== spec.taskDefinition.specHash) {
    const newest = await activeRevisions(aws.ecs, spec.taskDefinition.family);
    await deregisterBut(aws.ecs, spec.taskDefinition.family, [...newest.slice(0, REVISIONS_KEPT), before?.taskDefinition ?? '']);
  }
  await aws.ecs.send(new TagResourceCommand({ resourceArn, tags: to.tags })); // last: the hash says that all of it is done
}

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

/** A service is in sync with the newest revision alone: another one may bear the same tags and be something else. */
async function observe(aws: Aws, found: Service): Promise<Observed<ServiceSpec>> {
  const network = found.networkConfiguration?.awsvpcConfiguration;
  const { minimumHealthyPercent = 100, maximumPercent = 200, deploymentCircuitBreaker } = found.deploymentConfiguration ?? {};
  const arn = found.taskDefinition ?? '';
  const family = arn.slice(arn.lastIndexOf('/') + 1).split(':')[0] ?? '';
  const newest = await findRevision(aws.ecs, family);
  const { withdrawn } = ownership(tagRecord(found.tags));
  const spec = {
    cluster: (found.clusterArn ?? '').split('/').at(-1) ?? '',
    taskDefinition: { family, specHash: newest?.arn === arn ? (newest.tags[TAGS.specHash] ?? '') : arn },
    desiredCount: found.desiredCount ?? 0,
    subnets: (network?.subnets ?? []).toSorted(),
    securityGroups: (network?.securityGroups ?? []).toSorted(),
    assignPublicIp: network?.assignPublicIp ?? 'DISABLED',
    deployment: { minimumHealthyPercent, maximumPercent, rollback: deploymentCircuitBreaker?.rollback ?? false },
    withdrawn: withdrawn !== undefined,
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

/**
 * Its workers are the only ones that can empty the queue, so they go after the last job. SQS's counts are to be believed only some time
 * after the last message was sent, and the router may have sent one until the row was withdrawn.
 */
async function remove(aws: Aws, { name, algorithm, observed }: Change<ServiceSpec>, run: Run): Promise<void> {
  const since = observed?.withdrawn ?? (await withdraw(aws, name, run));
  const waited = (run.now().getTime() - new Date(since).getTime()) / 1000;
  const settle = run.settleSeconds;
  if (waited < settle)
    throw new NotYet(
      `${algorithm} was withdrawn at ${since}; SQS can tell ${settle} seconds later whether a job is left, so run it again then`,
    );
  const queue = run.names.requestQueue(algorithm);
  const messages = await messagesIn(aws.sqs, queue);
  if (messages > 0) throw new NotYet(`${queue} still holds ${messages} ${messages === 1 ? 'message' : 'messages'} to be worked off`);
  try {
    await aws.ecs.send(new DeleteServiceCommand({ cluster: run.names.cluster, service: name, force: true }));
  } catch (error) {
    if (!(error instanceof ServiceNotFoundException || error instanceof ServiceNotActiveException)) throw error;
  }
}

/** @returns the time that is now on the service, ISO 8601. */
async function withdraw(aws: Aws, name: string, run: Run): Promise<string> {
  const since = run.now().toISOString();
  const [found] = await describeServices(aws.ecs, run.names.cluster, [name]);
  if (found) await aws.ecs.send(new TagResourceCommand({ resourceArn: found.serviceArn, tags: lowerTags({ [TAGS.withdrawn]: since }) }));
  return since;
}
