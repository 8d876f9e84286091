/** All that an emulator holds under a prefix, read with plain SDK calls, every page of every list, in a form that two prefixes can be compared in. */
import {
  ApplicationAutoScalingClient,
  DescribeScalingPoliciesCommand,
  DescribeScheduledActionsCommand,
  paginateDescribeScalableTargets,
} from '@aws-sdk/client-application-auto-scaling';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECRClient, ListTagsForResourceCommand, paginateDescribeRepositories, paginateListImages } from '@aws-sdk/client-ecr';
import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  paginateListServices,
  paginateListTaskDefinitions,
} from '@aws-sdk/client-ecs';
import { GetRoleCommand, GetRolePolicyCommand, IAMClient, paginateListRolePolicies, paginateListRoles } from '@aws-sdk/client-iam';
import { GetQueueAttributesCommand, ListQueueTagsCommand, paginateListQueues, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { batches, readEach } from '@mip/reconcile/aws/batches';
import { placeOf } from '@mip/reconcile/testing/emulated';

interface Connection {
  readonly scalingEndpoint?: string;
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** What differs from run to run on purpose, or is the emulator's own business. */
const INCIDENTAL =
  /^(created|updated|registered|last|start|stop)|(At|Date|Timestamp|_at)$|^\$metadata$|^(deployments|events|runningCount|pendingCount|id|RoleId|commit_sha|registeredBy|roleArn|taskSets)$/i;

/** Sorted JSON of every resource, one line each. */
export async function observedState(connection: Connection, prefix: string): Promise<readonly string[]> {
  const parts = await Promise.all(
    [repositories, queues, taskDefinitions, services, targets, roles, rows].map((read) => read(connection, prefix)),
  );
  return parts
    .flat()
    .map((resource) => JSON.stringify(normal(resource)).replaceAll(prefix, 'PREFIX'))
    .sort();
}

type Reader = (connection: Connection, prefix: string) => Promise<readonly object[]>;

const PAGE = 100;
/** The emulator cuts this one list off without a token for the rest, so a page has to hold all of it. */
const REPOSITORIES = 1000;
/** ECS describes no more at once. */
const SERVICES_AT_ONCE = 10;

/** What is on all pages. */
async function all<Page, T>(pages: AsyncIterable<Page>, itemsOf: (page: Page) => readonly T[] | undefined): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const page of pages) found.push(...(itemsOf(page) ?? []));
  return found;
}

const repositories: Reader = async (connection, prefix) => {
  const client = new ECRClient(connection);
  const every = await all(paginateDescribeRepositories({ client, pageSize: REPOSITORIES }, {}), (page) => page.repositories);
  if (every.length === REPOSITORIES) throw new Error('there may be more repositories than the emulator shows');
  const own = every.filter(({ repositoryName }) => repositoryName?.startsWith(`${prefix}-`));
  return readEach(own, async (repository) => {
    const { repositoryName, repositoryArn: resourceArn } = repository;
    const { tags = [] } = await client.send(new ListTagsForResourceCommand({ resourceArn }));
    const images = await all(paginateListImages({ client, pageSize: PAGE }, { repositoryName }), ({ imageIds }) => imageIds);
    const imageTags = images.flatMap(({ imageTag }) => imageTag ?? []).sort();
    return { repository, images: imageTags, tags: Object.fromEntries(tags.map(({ Key = '', Value }) => [Key, Value])) };
  });
};

const queues: Reader = async (connection, prefix) => {
  const client = new SQSClient(connection);
  const urls = await all(paginateListQueues({ client, pageSize: PAGE }, { QueueNamePrefix: `${prefix}-` }), ({ QueueUrls }) => QueueUrls);
  return readEach(urls, async (QueueUrl) => {
    const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    const { Tags } = await client.send(new ListQueueTagsCommand({ QueueUrl }));
    return { queue: QueueUrl.split('/').at(-1), Attributes, Tags };
  });
};

/** The active ones: their numbers tell whether one was registered twice. */
const taskDefinitions: Reader = async (connection, prefix) => {
  const client = new ECSClient(connection);
  const pages = paginateListTaskDefinitions({ client, pageSize: PAGE }, { status: 'ACTIVE' });
  const own = (await all(pages, ({ taskDefinitionArns }) => taskDefinitionArns)).filter((arn) => arn.includes(`/${prefix}-`));
  return readEach(own, async (taskDefinition) => {
    const { taskDefinition: found, tags = [] } = await client.send(
      new DescribeTaskDefinitionCommand({ taskDefinition, include: ['TAGS'] }),
    );
    const containers = found?.containerDefinitions?.map(({ environment = [], ...rest }) => ({
      ...rest,
      environment: environment.filter(({ name }) => name !== 'MIP_PLAN_DIGEST').sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1)),
    }));
    return { found: { ...found, containerDefinitions: containers }, tags: recordOf(tags) };
  });
};

const services: Reader = async (connection, prefix) => {
  const client = new ECSClient(connection);
  const cluster = placeOf(connection.region, prefix).names.cluster;
  const arns = await all(paginateListServices({ client, pageSize: PAGE }, { cluster }), ({ serviceArns }) => serviceArns);
  const found = await readEach(batches(arns, SERVICES_AT_ONCE), async (some) => {
    const { services: described = [] } = await client.send(
      new DescribeServicesCommand({ cluster, services: [...some], include: ['TAGS'] }),
    );
    return described;
  });
  return found.flat().map(({ tags = [], ...service }) => ({ service, tags: recordOf(tags) }));
};

const targets: Reader = async ({ scalingEndpoint, ...connection }, prefix) => {
  const client = new ApplicationAutoScalingClient({ ...connection, ...(scalingEndpoint && { endpoint: scalingEndpoint }) });
  const every = await all(
    paginateDescribeScalableTargets({ client }, { ServiceNamespace: 'ecs' }),
    ({ ScalableTargets }) => ScalableTargets,
  );
  const own = every.filter(({ ResourceId }) => ResourceId?.startsWith(`service/${prefix}-`));
  return readEach(own, async (target) => {
    const of = { ServiceNamespace: 'ecs', ResourceId: target.ResourceId } as const;
    const { ScalingPolicies = [] } = await client.send(new DescribeScalingPoliciesCommand(of));
    const { ScheduledActions = [] } = await client.send(new DescribeScheduledActionsCommand(of));
    return { target, policies: ScalingPolicies, actions: ScheduledActions };
  });
};

const roles: Reader = async (connection, prefix) => {
  const client = new IAMClient(connection);
  const every = await all(paginateListRoles({ client, pageSize: PAGE }, { PathPrefix: '/mip/' }), ({ Roles }) => Roles);
  const own = every.filter(({ RoleName }) => RoleName?.startsWith(`${prefix}-`));
  return readEach(own, async ({ RoleName }) => {
    const { Role } = await client.send(new GetRoleCommand({ RoleName }));
    const names = await all(paginateListRolePolicies({ client, pageSize: PAGE }, { RoleName }), ({ PolicyNames }) => PolicyNames);
    const policies = await readEach(names, (PolicyName) => client.send(new GetRolePolicyCommand({ RoleName, PolicyName })));
    return { Role, policies: policies.map(({ PolicyName, PolicyDocument }) => ({ PolicyName, PolicyDocument })) };
  });
};

const rows: Reader = async (connection, prefix) => {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(connection));
  const { table } = placeOf(connection.region, prefix).names;
  const items = await all(paginateScan({ client, pageSize: PAGE }, { TableName: table('algorithms') }), ({ Items }) => Items);
  return items.map((row) => ({ row }));
};

/** As ECS has tags. */
function recordOf(tags: readonly { key?: string | undefined; value?: string | undefined }[]): Record<string, string | undefined> {
  return Object.fromEntries(tags.map(({ key = '', value }) => [key, value]));
}

/** Keys in one order, without what is incidental; times, addresses and hashes that hold a prefix read the same. */
function normal(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(/sha256:[0-9a-f]{64}|\d{4}-\d\d-\d\dT[\d:.]+Z|http:\/\/127\.0\.0\.1:\d+/g, 'x');
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !INCIDENTAL.test(key));
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, normal(one)]));
}
