/** ECS in memory. */

import {
  ClientException,
  type CreateServiceCommandInput,
  type DeleteServiceCommandInput,
  type DeregisterTaskDefinitionCommandInput,
  type DescribeServicesCommandInput,
  type DescribeTaskDefinitionCommandInput,
  InvalidParameterException,
  type ListServicesCommandInput,
  type ListTaskDefinitionFamiliesCommandInput,
  type ListTaskDefinitionsCommandInput,
  type RegisterTaskDefinitionCommandInput,
  ServiceNotActiveException,
  ServiceNotFoundException,
  type TagResourceCommandInput,
  type UntagResourceCommandInput,
  type UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs';
import { lowerTags, tagRecord } from '../aws/tags.ts';
import { deploy, type Fate, type MemoryDeployment, moved } from './memory-deployments.ts';
import { MemoryTasks, type Registered } from './memory-tasks.ts';
import { type Operations, pageOf, refuse, type World } from './world.ts';

interface MemoryRevision {
  readonly taskDefinitionArn: string;
  readonly family: string;
  readonly revision: number;
  status: 'ACTIVE' | 'INACTIVE';
  readonly registered: RegisterTaskDefinitionCommandInput;
  readonly tags: Record<string, string>;
}

interface MemoryService {
  readonly serviceArn: string;
  readonly serviceName: string;
  readonly clusterArn: string;
  status: 'ACTIVE' | 'INACTIVE';
  settings: CreateServiceCommandInput;
  deployments: MemoryDeployment[];
  readonly tags: Record<string, string>;
}

export class MemoryEcs {
  readonly revisions: MemoryRevision[] = [];
  readonly services = new Map<string, MemoryService>();
  /** What the cluster has; a test adds that of a platform with GPUs. */
  readonly capacityProviders = new Set(['FARGATE', 'FARGATE_SPOT']);
  readonly tasks: MemoryTasks;
  /** What becomes of the tasks of a service, by the environment of their revision. */
  fateOf: (environment: Readonly<Record<string, string>>) => Fate = () => 'comes up';
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.tasks = new MemoryTasks(world, (arn) => this.#registered(arn));
    this.operations = { ...this.tasks.operations, ...this.#own };
  }

  readonly operations: Operations;
  readonly #own: Operations = {
    RegisterTaskDefinition: (input: RegisterTaskDefinitionCommandInput) => {
      const family = input.family ?? '';
      const revision = this.revisions.filter((one) => one.family === family).length + 1;
      const taskDefinitionArn = this.#arn(`task-definition/${family}:${revision}`);
      const { tags, ...registered } = input;
      this.revisions.push({ taskDefinitionArn, family, revision, status: 'ACTIVE', registered, tags: tagRecord(tags) });
      return { taskDefinition: { taskDefinitionArn, family, revision } };
    },
    DescribeTaskDefinition: ({ taskDefinition = '' }: DescribeTaskDefinitionCommandInput) => {
      const { registered, tags, ...rest } =
        this.#revision(taskDefinition) ?? refuse(ClientException, 'Unable to describe task definition.');
      return { taskDefinition: { ...registered, ...rest }, tags: lowerTags(tags) };
    },
    ListTaskDefinitionFamilies: ({ familyPrefix = '', maxResults = 100, nextToken }: ListTaskDefinitionFamiliesCommandInput) => {
      const active = this.revisions.filter(({ family, status }) => status === 'ACTIVE' && family.startsWith(familyPrefix));
      const { page, next } = pageOf([...new Set(active.map(({ family }) => family))], maxResults, nextToken);
      return { families: page, nextToken: next };
    },
    ListTaskDefinitions: ({ familyPrefix, maxResults = 100, nextToken }: ListTaskDefinitionsCommandInput) => {
      const active = this.revisions.filter(({ family, status }) => status === 'ACTIVE' && family === familyPrefix);
      const { page, next } = pageOf(active, maxResults, nextToken);
      return { taskDefinitionArns: page.map(({ taskDefinitionArn }) => taskDefinitionArn), nextToken: next };
    },
    DeregisterTaskDefinition: ({ taskDefinition = '' }: DeregisterTaskDefinitionCommandInput) => {
      const revision = this.#revision(taskDefinition) ?? refuse(ClientException, 'Unable to describe task definition.');
      revision.status = 'INACTIVE';
      return {};
    },
    CreateService: (input: CreateServiceCommandInput) => {
      const name = input.serviceName ?? '';
      if (this.services.get(name)?.status === 'ACTIVE') refuse(InvalidParameterException, 'Creation of service was not idempotent.');
      if (this.#revision(input.taskDefinition ?? '')?.status !== 'ACTIVE') refuse(ClientException, 'TaskDefinition not found.');
      this.#checkLaunch(input);
      const { tags, ...settings } = input;
      const clusterArn = this.#arn(`cluster/${input.cluster}`);
      const serviceArn = this.#arn(`service/${input.cluster}/${name}`);
      const deployments = deploy([], settings, { now: this.#world.now });
      const created = {
        serviceArn,
        serviceName: name,
        clusterArn,
        status: 'ACTIVE' as const,
        settings,
        deployments,
        tags: tagRecord(tags),
      };
      this.services.set(name, created);
      return { service: view(created) };
    },
    UpdateService: ({ service = '', forceNewDeployment: force = false, ...settings }: UpdateServiceCommandInput) => {
      const found = this.#service(service);
      if (found.status !== 'ACTIVE') refuse(ServiceNotActiveException, 'Service was not ACTIVE.');
      const { taskDefinition } = settings;
      if (taskDefinition !== undefined && this.#revision(taskDefinition)?.status !== 'ACTIVE')
        refuse(ClientException, 'TaskDefinition not found.');
      const next = relaunched({ ...found.settings, ...(settings as Partial<CreateServiceCommandInput>) }, found.settings);
      this.#checkLaunch(next);
      found.settings = next;
      found.deployments = deploy(found.deployments, found.settings, { now: this.#world.now, force });
      return { service: view(found) };
    },
    DescribeServices: ({ services = [] }: DescribeServicesCommandInput) => {
      const missing = services.filter((name) => !this.services.has(name));
      const found = services.flatMap((name) => this.services.get(name) ?? []);
      for (const one of found) this.#move(one);
      return { services: found.map(view), failures: missing.map((arn) => ({ arn, reason: 'MISSING' })) };
    },
    ListServices: ({ maxResults = 10, nextToken }: ListServicesCommandInput) => {
      const active = [...this.services.values()].filter(({ status }) => status === 'ACTIVE');
      const { page, next } = pageOf(active, maxResults, nextToken);
      return { serviceArns: page.map(({ serviceArn }) => serviceArn), nextToken: next };
    },
    DeleteService: ({ service = '', force }: DeleteServiceCommandInput) => {
      const found = this.#service(service);
      if (!force && (found.settings.desiredCount ?? 0) > 0)
        refuse(InvalidParameterException, 'The service cannot be stopped while it is scaled above 0.');
      found.status = 'INACTIVE';
      return {};
    },
    TagResource: ({ resourceArn, tags }: TagResourceCommandInput) => {
      const found = [...this.services.values(), ...this.revisions].find((one) => arnOf(one) === resourceArn);
      Object.assign((found ?? refuse(InvalidParameterException, 'The specified resource does not exist')).tags, tagRecord(tags));
      return {};
    },
    UntagResource: ({ resourceArn, tagKeys = [] }: UntagResourceCommandInput) => {
      const found = [...this.services.values(), ...this.revisions].find((one) => arnOf(one) === resourceArn);
      for (const key of tagKeys) delete (found ?? refuse(InvalidParameterException, 'The specified resource does not exist')).tags[key];
      return {};
    },
  };

  #arn(resource: string): string {
    return `arn:aws:ecs:${this.#world.region}:${this.#world.account}:${resource}`;
  }

  /** By ARN any revision, by family the newest active one. */
  #revision(reference: string): MemoryRevision | undefined {
    return this.revisions.findLast((one) => one.taskDefinitionArn === reference || (one.family === reference && one.status === 'ACTIVE'));
  }

  /** A strategy names what the cluster has, and the task definition can run there. */
  #checkLaunch({ capacityProviderStrategy = [], launchType, taskDefinition = '' }: CreateServiceCommandInput): void {
    const [missing] = capacityProviderStrategy.filter(({ capacityProvider = '' }) => !this.capacityProviders.has(capacityProvider));
    if (missing) refuse(InvalidParameterException, `The specified capacity provider '${missing.capacityProvider}' was not found.`);
    const onFargate =
      launchType === 'FARGATE' || capacityProviderStrategy.some(({ capacityProvider }) => capacityProvider?.startsWith('FARGATE'));
    const needed = onFargate ? 'FARGATE' : 'EC2';
    const can = this.#revision(taskDefinition)?.registered.requiresCompatibilities ?? [needed]; // one that says nothing is bound to nothing
    if (!can.includes(needed)) refuse(InvalidParameterException, `Task definition does not support launch_type ${needed}.`);
  }

  /** As if somebody had looked at all of them. */
  look(): void {
    for (const service of this.services.values()) this.#move(service);
  }

  #registered(arn: string): ReturnType<Registered> {
    const { status, registered } = this.#revision(arn) ?? {};
    const [container] = registered?.containerDefinitions ?? [];
    if (status !== 'ACTIVE') return undefined;
    return { container: container?.name ?? '', environment: environmentOf(registered) };
  }

  #move(service: MemoryService): void {
    const fate = this.fateOf(environmentOf(this.#revision(service.settings.taskDefinition ?? '')?.registered));
    Object.assign(service, moved(service.deployments, service.settings, fate, this.#world.now));
  }

  #service(name: string): MemoryService {
    return this.services.get(name) ?? refuse(ServiceNotFoundException, 'Service not found.');
  }
}

/**
 * A service has a launch type or a strategy; an empty strategy is back to the type that it was made with, Fargate here.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html (capacityProviderStrategy)
 */
function relaunched(next: CreateServiceCommandInput, before: CreateServiceCommandInput): CreateServiceCommandInput {
  const { launchType: _, ...rest } = next;
  if ((rest.capacityProviderStrategy ?? []).length > 0) return rest;
  return { ...rest, launchType: next.launchType ?? before.launchType ?? 'FARGATE' };
}

function arnOf(one: MemoryService | MemoryRevision): string {
  return 'serviceArn' in one ? one.serviceArn : one.taskDefinitionArn;
}

function environmentOf(registered: RegisterTaskDefinitionCommandInput | undefined): Record<string, string> {
  const environment = registered?.containerDefinitions?.[0]?.environment ?? [];
  return Object.fromEntries(environment.map(({ name = '', value = '' }) => [name, value]));
}

function view({ settings, tags, ...rest }: MemoryService) {
  return { ...settings, ...rest, tags: lowerTags(tags) };
}
