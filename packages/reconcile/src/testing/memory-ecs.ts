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
  readonly tags: Record<string, string>;
}

export class MemoryEcs {
  readonly revisions: MemoryRevision[] = [];
  readonly services = new Map<string, MemoryService>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  readonly operations: Operations = {
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
      const { tags, ...settings } = input;
      const clusterArn = this.#arn(`cluster/${input.cluster}`);
      const serviceArn = this.#arn(`service/${input.cluster}/${name}`);
      const created = { serviceArn, serviceName: name, clusterArn, status: 'ACTIVE' as const, settings, tags: tagRecord(tags) };
      this.services.set(name, created);
      return { service: view(created) };
    },
    UpdateService: ({ service = '', ...settings }: UpdateServiceCommandInput) => {
      const found = this.#service(service);
      if (found.status !== 'ACTIVE') refuse(ServiceNotActiveException, 'Service was not ACTIVE.');
      const { taskDefinition } = settings;
      if (taskDefinition !== undefined && this.#revision(taskDefinition)?.status !== 'ACTIVE')
        refuse(ClientException, 'TaskDefinition not found.');
      found.settings = { ...found.settings, ...(settings as Partial<CreateServiceCommandInput>) };
      return { service: view(found) };
    },
    DescribeServices: ({ services = [] }: DescribeServicesCommandInput) => {
      const missing = services.filter((name) => !this.services.has(name));
      const found = services.flatMap((name) => this.services.get(name) ?? []);
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

  #service(name: string): MemoryService {
    return this.services.get(name) ?? refuse(ServiceNotFoundException, 'Service not found.');
  }
}

function arnOf(one: MemoryService | MemoryRevision): string {
  return 'serviceArn' in one ? one.serviceArn : one.taskDefinitionArn;
}

function view({ settings, tags, ...rest }: MemoryService) {
  return { ...settings, ...rest, tags: lowerTags(tags) };
}
