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
import { lineOf, tasksOf } from '../algorithm.ts';
import { batches, readEach } from '../aws/batches.ts';
import type { Aws } from '../aws/clients.ts';
import { messagesIn } from '../aws/queues.ts';
import { describeServices, hasGivenUp, ownedServices, revisionBefore, setTasks, tagService } from '../aws/services.ts';
import { lowerTags, tagRecord } from '../aws/tags.ts';
import { activeRevisions, deregisterBut, findRevision, ownedRevision } from '../aws/task-definitions.ts';
import { diffFields } from '../change.ts';
import { type InstanceLaunch, launchOf, onInstances } from '../launch.ts';
import { type Following, untilSteady } from '../rollout.ts';
import {
  type Change,
  type Kind,
  type Listed,
  NotYet,
  type Observed,
  ownership,
  RolloutFailed,
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
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: string;
  /** Where it runs on instances; absent for Fargate. */
  readonly launch?: InstanceLaunch;
  readonly deployment: { readonly minimumHealthyPercent: number; readonly maximumPercent: number; readonly rollback: boolean };
  /** True while it only works off what is left. */
  readonly withdrawn: boolean;
}

export const service: Kind<ServiceSpec> = {
  name: 'service',
  perVersion: true,
  permissions: {
    read: ['tag:GetResources', 'ecs:ListServices', 'ecs:DescribeServices', 'ecs:DescribeTaskDefinition'],
    write: [
      ...['ecs:CreateService', 'ecs:UpdateService', 'ecs:TagResource', 'ecs:UntagResource', 'ecs:DeleteService'],
      ...['ecs:ListTaskDefinitions', 'ecs:DeregisterTaskDefinition', 'sqs:GetQueueUrl', 'sqs:GetQueueAttributes'],
    ],
  },
  causes: { '/launch': '/gpu', '/assignPublicIp': '/gpu' },

  desire(algorithm, platform, before) {
    const { names, facts } = platform;
    const launch = launchOf(algorithm, platform);
    const line = lineOf(algorithm);
    const family = names.taskDefinition(line);
    const specHash = before.find(({ kind, name }) => kind === 'task-definition' && name === family)?.specHash ?? '';
    const spec: ServiceSpec = {
      cluster: facts.cluster,
      taskDefinition: { family, specHash },
      subnets: facts.subnets.toSorted(),
      securityGroups: [facts.security_group],
      assignPublicIp: facts.assign_public_ip && !onInstances(launch) ? 'ENABLED' : 'DISABLED',
      ...(onInstances(launch) && { launch }),
      deployment: { minimumHealthyPercent: 100, maximumPercent: 200, rollback: true },
      withdrawn: false,
    };
    return [{ ...want('service', algorithm, names.service(line), spec), firstTasks: tasksOf(algorithm) }];
  },

  async list(aws, owner) {
    const listed = new Map<string, Listed>();
    for (const { name, tags } of await ownedServices(aws, owner)) listed.set(name, asListed(tags));
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
    if (change.action === 'create') return create(aws, wanted, { taskDefinition, tags }, run);
    return update(aws, change, { taskDefinition, tags }, run);
  },
};

/** A service that was withdrawn is looked at closely whatever its hash says: it must not stay so when it is wanted again. */
function asListed(tags: Readonly<Record<string, string>>): Listed {
  const listed = ownership(tags);
  return listed.withdrawn === undefined ? listed : { ...listed, specHash: undefined };
}

/**
 * While the service moves no hash is on it, so that a run that is killed, or whose version fails, leaves none that a later one would believe.
 * Keeps the revision that ran before, for a deployment that is rolled back; older ones can start nothing any more.
 */
async function update(aws: Aws, change: Change<ServiceSpec>, { taskDefinition, tags }: Target, run: Run): Promise<void> {
  const { name, spec } = change.wanted as Wanted<ServiceSpec>;
  const [before] = await describeServices(aws.ecs, spec.cluster, [name]);
  const resourceArn = before?.serviceArn;
  if (TAGS.specHash in tagRecord(before?.tags)) await aws.ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: [TAGS.specHash] }));
  const forceNewDeployment = before !== undefined && hasGivenUp(before, taskDefinition);
  const moved = relaunch(change.observed?.spec.launch, spec.launch);
  const to = { service: name, ...settings(spec, taskDefinition), ...(forceNewDeployment && { forceNewDeployment }), ...moved };
  await aws.ecs.send(new UpdateServiceCommand(to));
  if (change.observed?.spec.withdrawn) await aws.ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: [TAGS.withdrawn] }));
  await follow(aws, { cluster: spec.cluster, name, taskDefinition }, before, run);
  if (change.observed?.spec.taskDefinition.specHash !== spec.taskDefinition.specHash) {
    const newest = await activeRevisions(aws.ecs, spec.taskDefinition.family);
    await deregisterBut(aws.ecs, spec.taskDefinition.family, [...newest.slice(0, REVISIONS_KEPT), before?.taskDefinition ?? '']);
  }
  await aws.ecs.send(new TagResourceCommand({ resourceArn, tags })); // last: the hash says that all of it is done
}

/** @throws {RolloutFailed} when the service does not come up; it then runs what it ran before, if it ran anything. */
async function follow(aws: Aws, following: Following, before: Service | undefined, run: Run): Promise<void> {
  const { cluster, name: service, taskDefinition } = following;
  const steady = await untilSteady(aws, following, run);
  if (steady.state === 'steady') return;
  const back = steady.state === 'late' && before ? revisionBefore(before, taskDefinition) : undefined;
  if (back) await aws.ecs.send(new UpdateServiceCommand({ cluster, service, taskDefinition: back }));
  throw new RolloutFailed(back ? `${steady.reason}; it was put back on the version before` : steady.reason);
}

/** What a service is told to run, and all tags that it has in the end. */
interface Target {
  readonly taskDefinition: string;
  readonly tags: Tag[];
}

async function create(aws: Aws, wanted: Wanted<ServiceSpec>, { taskDefinition, tags }: Target, run: Run): Promise<void> {
  const { name, spec, firstTasks = 0 } = wanted;
  const command = new CreateServiceCommand({
    serviceName: name,
    ...(spec.launch ?? { launchType: 'FARGATE' as const }),
    propagateTags: 'SERVICE',
    desiredCount: firstTasks,
    tags: tags.filter(({ key }) => key !== TAGS.specHash), // a service that has only this is not there yet
    ...settings(spec, taskDefinition),
  });
  const resourceArn = await made(aws, command, name);
  await follow(aws, { cluster: spec.cluster, name, taskDefinition }, undefined, run);
  await aws.ecs.send(new TagResourceCommand({ resourceArn, tags }));
}

/** @returns its ARN. */
async function made(aws: Aws, command: CreateServiceCommand, name: string): Promise<string | undefined> {
  try {
    return (await aws.ecs.send(command)).service?.serviceArn;
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
    subnets: (network?.subnets ?? []).toSorted(),
    securityGroups: (network?.securityGroups ?? []).toSorted(),
    assignPublicIp: network?.assignPublicIp ?? 'DISABLED',
    ...launchIn(found),
    deployment: { minimumHealthyPercent, maximumPercent, rollback: deploymentCircuitBreaker?.rollback ?? false },
    withdrawn: withdrawn !== undefined,
  };
  return { name: found.serviceName ?? '', ...ownership(tagRecord(found.tags)), spec };
}

/** What a service on Fargate does not have, as far as it says something. */
function launchIn({ capacityProviderStrategy = [], placementStrategy = [] }: Service): Pick<ServiceSpec, 'launch'> {
  if (capacityProviderStrategy.length + placementStrategy.length === 0) return {};
  const providers = capacityProviderStrategy.map(({ capacityProvider, weight = 0, base = 0 }) => ({ capacityProvider, weight, base }));
  const placement = placementStrategy.map(({ type, field }) => ({ type, ...(field !== undefined && { field: field.toLowerCase() }) }));
  return { launch: { capacityProviderStrategy: providers, placementStrategy: placement } };
}

/** To other capacity, and back to the launch type by empty lists; a change of capacity alone would start no deployment. */
function relaunch(from: InstanceLaunch | undefined, to: InstanceLaunch | undefined) {
  if (diffFields(from ?? null, to ?? null).length === 0) return {};
  return { ...(to ?? { capacityProviderStrategy: [], placementStrategy: [] }), forceNewDeployment: true };
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
async function remove(aws: Aws, { name, observed }: Change<ServiceSpec>, run: Run): Promise<void> {
  const since = observed?.withdrawn ?? (await withdraw(aws, name, run));
  const waited = (run.now().getTime() - new Date(since).getTime()) / 1000;
  const settle = run.settleSeconds;
  if (waited < settle)
    throw new NotYet(
      `${run.names.lineOf(name)} was withdrawn at ${since}; SQS can tell ${settle} seconds later whether a job is left, so run it again then`,
    );
  const queue = run.names.requestQueue(run.names.lineOf(name));
  const messages = await messagesIn(aws.sqs, queue);
  if (messages > 0) {
    await keepDraining(aws, run.names.cluster, name);
    throw new NotYet(`${queue} still holds ${messages} ${messages === 1 ? 'message' : 'messages'} to be worked off`);
  }
  try {
    await aws.ecs.send(new DeleteServiceCommand({ cluster: run.names.cluster, service: name, force: true }));
  } catch (error) {
    if (!(error instanceof ServiceNotFoundException || error instanceof ServiceNotActiveException)) throw error;
  }
}

/** Nothing scales it any more, and nobody wakes what the registry does not know: where no task is left, one works off the rest. */
async function keepDraining(aws: Aws, cluster: string, name: string): Promise<void> {
  const [found] = await describeServices(aws.ecs, cluster, [name]);
  if (found?.desiredCount === 0) await setTasks(aws.ecs, cluster, name, 1);
}

/** @returns the time that is now on the service, ISO 8601. */
async function withdraw(aws: Aws, name: string, run: Run): Promise<string> {
  const since = run.now().toISOString();
  const [found] = await describeServices(aws.ecs, run.names.cluster, [name]);
  if (found) await tagService(aws.ecs, found, { [TAGS.withdrawn]: since });
  return since;
}
