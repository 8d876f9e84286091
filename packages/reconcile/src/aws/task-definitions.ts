/** Task definitions by family: the newest active revision, which is what a service is given. */

import {
  ClientException,
  type ContainerDefinition,
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  type ECSClient,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
  type TaskDefinition,
} from '@aws-sdk/client-ecs';
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { TAGS } from '@mip/registry/names';
import { ownedResources, tagRecord } from './tags.ts';

export interface Revision {
  readonly arn: string;
  readonly definition: TaskDefinition;
  /** The only container. */
  readonly container: ContainerDefinition;
  readonly environment: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** @param reference a family or an ARN. Undefined where there is none, or none active. */
export async function findRevision(ecs: Pick<ECSClient, 'send'>, reference: string): Promise<Revision | undefined> {
  try {
    const { taskDefinition, tags } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: reference, include: ['TAGS'] }));
    const container = taskDefinition?.containerDefinitions?.[0];
    if (!taskDefinition?.taskDefinitionArn || !container || taskDefinition.status !== 'ACTIVE') return undefined;
    const environment = Object.fromEntries((container.environment ?? []).map(({ name = '', value = '' }) => [name, value]));
    return { arn: taskDefinition.taskDefinitionArn, definition: taskDefinition, container, environment, tags: tagRecord(tags) };
  } catch (error) {
    if (error instanceof ClientException && /unable to describe/i.test(error.message)) return undefined;
    throw error;
  }
}

/** @throws Error when the family has no revision that this catalog owns. */
export async function ownedRevision(ecs: Pick<ECSClient, 'send'>, family: string, catalogId: string): Promise<Revision> {
  const revision = await findRevision(ecs, family);
  if (revision?.tags[TAGS.managedBy] !== catalogId) throw new Error(`task definition ${family} has no revision of this catalog`);
  return revision;
}

/** Deregistered revisions keep their tags in the index, so it alone does not tell what is there. */
export async function activeFamilies(ecs: Pick<ECSClient, 'send'>, familyPrefix: string): Promise<ReadonlySet<string>> {
  const families = new Set<string>();
  let nextToken: string | undefined;
  do {
    const page = await ecs.send(new ListTaskDefinitionFamiliesCommand({ familyPrefix, status: 'ACTIVE', maxResults: 100, nextToken }));
    for (const family of page.families ?? []) families.add(family);
    nextToken = page.nextToken;
  } while (nextToken);
  return families;
}

/** The tags of the newest revision of each family that has an active one, by family. */
export type NewestRevisions = ReadonlyMap<string, Readonly<Record<string, string>>>;

interface Index {
  readonly ecs: Pick<ECSClient, 'send'>;
  readonly tagging: Pick<ResourceGroupsTaggingAPIClient, 'send'>;
}

const reading = new WeakMap<object, Map<string, Promise<NewestRevisions>>>();

/** Of one catalog. Several kinds ask for it at the same moment: it is read once, and again by whoever asks later. */
export function newestRevisions(index: Index, catalogId: string, familyPrefix: string): Promise<NewestRevisions> {
  const key = `${catalogId} ${familyPrefix}`;
  const underWay = reading.get(index) ?? new Map<string, Promise<NewestRevisions>>();
  reading.set(index, underWay);
  const read = underWay.get(key) ?? readNewest(index, catalogId, familyPrefix).finally(() => underWay.delete(key));
  underWay.set(key, read);
  return read;
}

async function readNewest({ ecs, tagging }: Index, catalogId: string, familyPrefix: string): Promise<NewestRevisions> {
  const active = await activeFamilies(ecs, familyPrefix);
  const newest = new Map<string, { revision: number; tags: Readonly<Record<string, string>> }>();
  for await (const { arn, tags } of ownedResources(tagging, catalogId, 'ecs:task-definition')) {
    const [family = '', number] = arn.slice(arn.lastIndexOf('/') + 1).split(':');
    const revision = Number(number);
    if (active.has(family) && revision > (newest.get(family)?.revision ?? 0)) newest.set(family, { revision, tags });
  }
  return new Map([...newest].map(([family, { tags }]) => [family, tags]));
}

/** Nothing can be started from any revision of the family after this. */
export function deregisterAll(ecs: Pick<ECSClient, 'send'>, family: string): Promise<void> {
  return deregisterBut(ecs, family, []);
}

/** Leaves the revisions with those ARNs. */
export async function deregisterBut(ecs: Pick<ECSClient, 'send'>, family: string, keep: readonly string[]): Promise<void> {
  const active = await activeRevisions(ecs, family);
  await deregister(
    ecs,
    active.filter((arn) => !keep.includes(arn)),
  );
}

/** The ARNs of the revisions that can be started, the newest first. */
export async function activeRevisions(ecs: Pick<ECSClient, 'send'>, family: string): Promise<readonly string[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await ecs.send(new ListTaskDefinitionsCommand({ familyPrefix: family, status: 'ACTIVE', maxResults: 100, nextToken }));
    arns.push(...(page.taskDefinitionArns ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  const own = arns.filter((arn) => arn.slice(arn.lastIndexOf('/') + 1).split(':')[0] === family); // a prefix may match more
  return own.sort((a, b) => numberOf(b) - numberOf(a));
}

async function deregister(ecs: Pick<ECSClient, 'send'>, arns: readonly string[]): Promise<void> {
  for (const taskDefinition of arns) await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }));
}

function numberOf(arn: string): number {
  return Number(arn.slice(arn.lastIndexOf(':') + 1));
}

/** What a definition and its container can say and MIP's never do; what ECS fills in by itself is not among it. */
const OF_DEFINITION = [
  ...(['volumes', 'placementConstraints', 'ephemeralStorage', 'pidMode', 'ipcMode', 'proxyConfiguration'] as const),
  ...(['inferenceAccelerators', 'enableFaultInjection'] as const),
];
const OF_CONTAINER = [
  ...(['command', 'entryPoint', 'workingDirectory', 'privileged', 'healthCheck', 'mountPoints', 'volumesFrom'] as const),
  ...(['portMappings', 'environmentFiles', 'links', 'dependsOn', 'hostname', 'extraHosts', 'dnsServers', 'dnsSearchDomains'] as const),
  ...(['dockerSecurityOptions', 'interactive', 'pseudoTerminal', 'ulimits', 'systemControls', 'resourceRequirements'] as const),
  ...(['firelensConfiguration', 'credentialSpecs', 'repositoryCredentials', 'cpu', 'memory', 'memoryReservation'] as const),
  ...(['restartPolicy', 'disableNetworking', 'startTimeout'] as const),
];

/** Every such setting that says something, by ECS's name for it. */
export function settingsBeyond({ definition, container }: Pick<Revision, 'definition' | 'container'>): Readonly<Record<string, unknown>> {
  const settings = [
    ...OF_DEFINITION.map((key) => [key, withoutEmpty(definition[key])] as const),
    ...OF_CONTAINER.map((key) => [key, withoutEmpty(container[key])] as const),
  ];
  return Object.fromEntries(settings.filter(([, value]) => value !== undefined));
}

/** Undefined for what says nothing, like an empty list, 0 or false, and all else without such parts. */
export function withoutEmpty(value: unknown): unknown {
  if (!value) return undefined;
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.length > 0 ? value.map((one) => withoutEmpty(one) ?? one) : undefined;
  const entries = Object.entries(value).flatMap(([key, one]) => {
    const said = withoutEmpty(one);
    return said === undefined ? [] : [[key, said] as const];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
