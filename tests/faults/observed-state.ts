/** All that an emulator holds under a prefix, read with plain SDK calls, in a form that two prefixes can be compared in. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeRepositoriesCommand, ECRClient, ListImagesCommand, ListTagsForResourceCommand } from '@aws-sdk/client-ecr';
import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  ListServicesCommand,
  ListTaskDefinitionsCommand,
} from '@aws-sdk/client-ecs';
import { GetRoleCommand, GetRolePolicyCommand, IAMClient, ListRolePoliciesCommand, ListRolesCommand } from '@aws-sdk/client-iam';
import { GetQueueAttributesCommand, ListQueuesCommand, ListQueueTagsCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { placeOf } from '@mip/reconcile/testing/emulated';

interface Connection {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** What differs from run to run on purpose, or is the emulator's own business. */
const INCIDENTAL =
  /^(created|updated|registered|last|start|stop)|(At|Date|Timestamp|_at)$|^\$metadata$|^(deployments|events|runningCount|pendingCount|id|RoleId|commit_sha|registeredBy|roleArn|taskSets)$/i;

/** Sorted JSON of every resource, one line each. */
export async function observedState(connection: Connection, prefix: string): Promise<readonly string[]> {
  const parts = await Promise.all([repositories, queues, taskDefinitions, services, roles, rows].map((read) => read(connection, prefix)));
  return parts
    .flat()
    .map((resource) => JSON.stringify(normal(resource)).replaceAll(prefix, 'PREFIX'))
    .sort();
}

type Reader = (connection: Connection, prefix: string) => Promise<readonly object[]>;

const repositories: Reader = async (connection, prefix) => {
  const ecr = new ECRClient(connection);
  const { repositories: all = [] } = await ecr.send(new DescribeRepositoriesCommand({}));
  const own = all.filter(({ repositoryName }) => repositoryName?.startsWith(`${prefix}-`));
  return Promise.all(
    own.map(async (repository) => {
      const { tags = [] } = await ecr.send(new ListTagsForResourceCommand({ resourceArn: repository.repositoryArn }));
      const { imageIds = [] } = await ecr.send(new ListImagesCommand({ repositoryName: repository.repositoryName }));
      const images = imageIds.flatMap(({ imageTag }) => imageTag ?? []).sort();
      return { repository, images, tags: Object.fromEntries(tags.map(({ Key = '', Value }) => [Key, Value])) };
    }),
  );
};

const queues: Reader = async (connection, prefix) => {
  const sqs = new SQSClient(connection);
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: `${prefix}-` }));
  return Promise.all(
    QueueUrls.map(async (QueueUrl) => {
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
      const { Tags } = await sqs.send(new ListQueueTagsCommand({ QueueUrl }));
      return { queue: QueueUrl.split('/').at(-1), Attributes, Tags };
    }),
  );
};

/** The active ones: their numbers tell whether one was registered twice. */
const taskDefinitions: Reader = async (connection, prefix) => {
  const ecs = new ECSClient(connection);
  const { taskDefinitionArns = [] } = await ecs.send(new ListTaskDefinitionsCommand({ status: 'ACTIVE' }));
  const own = taskDefinitionArns.filter((arn) => arn.includes(`/${prefix}-`));
  return Promise.all(
    own.map(async (taskDefinition) => {
      const { taskDefinition: found, tags = [] } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition, include: ['TAGS'] }));
      const containers = found?.containerDefinitions?.map(({ environment = [], ...rest }) => ({
        ...rest,
        environment: environment
          .filter(({ name }) => name !== 'MIP_PLAN_DIGEST')
          .sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1)),
      }));
      return {
        found: { ...found, containerDefinitions: containers },
        tags: Object.fromEntries(tags.map(({ key = '', value }) => [key, value])),
      };
    }),
  );
};

const services: Reader = async (connection, prefix) => {
  const ecs = new ECSClient(connection);
  const cluster = placeOf(connection.region, prefix).names.cluster;
  const { serviceArns = [] } = await ecs.send(new ListServicesCommand({ cluster }));
  if (serviceArns.length === 0) return [];
  const { services: found = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: serviceArns, include: ['TAGS'] }));
  return found.map(({ tags = [], ...service }) => ({ service, tags: Object.fromEntries(tags.map(({ key = '', value }) => [key, value])) }));
};

const roles: Reader = async (connection, prefix) => {
  const iam = new IAMClient(connection);
  const { Roles = [] } = await iam.send(new ListRolesCommand({ PathPrefix: '/mip/', MaxItems: 1000 }));
  const own = Roles.filter(({ RoleName }) => RoleName?.startsWith(`${prefix}-`));
  return Promise.all(
    own.map(async ({ RoleName }) => {
      const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
      const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
      const policies = await Promise.all(PolicyNames.map((PolicyName) => iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))));
      return { Role, policies: policies.map(({ PolicyName, PolicyDocument }) => ({ PolicyName, PolicyDocument })) };
    }),
  );
};

const rows: Reader = async (connection, prefix) => {
  const document = DynamoDBDocumentClient.from(new DynamoDBClient(connection));
  const { table } = placeOf(connection.region, prefix).names;
  const { Items = [] } = await document.send(new ScanCommand({ TableName: table('algorithms') }));
  return Items.map((row) => ({ row }));
};

/** Keys in one order, without what is incidental; times, addresses and hashes that hold a prefix read the same. */
function normal(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(/sha256:[0-9a-f]{64}|\d{4}-\d\d-\d\dT[\d:.]+Z|http:\/\/127\.0\.0\.1:\d+/g, 'x');
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !INCIDENTAL.test(key));
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, normal(one)]));
}
