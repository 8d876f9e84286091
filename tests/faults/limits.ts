/** What AWS refuses and the emulator lets through, told from the request alone, or from what passed before. */
import { LIMITS } from '@mip/registry/limits';
import type { WireCall, WireError } from './call.ts';

type Input = Readonly<Record<string, unknown>>;
/** @returns why AWS would refuse the input; the code is the exception's name. */
type Check = (input: Input) => readonly [code: string, message: string] | undefined;

interface NameLimit {
  readonly min?: number;
  readonly max: number;
  readonly pattern: RegExp;
}

const CHECKS: Readonly<Record<string, Check>> = {
  'sqs:CreateQueue': ({ QueueName, Attributes = {} }) =>
    misnamed(QueueName, LIMITS.sqs.queueName, 'InvalidParameterValue') ?? badAttributes(Attributes as Record<string, string>),
  'sqs:SetQueueAttributes': ({ Attributes = {} }) => badAttributes(Attributes as Record<string, string>),
  'sqs:SendMessageBatch': ({ Entries }) => tooMany(Entries, LIMITS.sqs.batch, 'TooManyEntriesInBatchRequest'),
  'ecr:CreateRepository': ({ repositoryName }) => misnamed(repositoryName, LIMITS.ecr.repositoryName, 'InvalidParameterException'),
  'ecr:BatchGetImage': ({ imageIds }) => tooMany(imageIds, LIMITS.ecr.batchGetImage, 'InvalidParameterException'),
  'ecs:CreateService': ({ serviceName }) => misnamed(serviceName, LIMITS.ecs.serviceName, 'InvalidParameterException'),
  'ecs:DescribeServices': ({ services }) => tooMany(services, LIMITS.ecs.describeServices, 'InvalidParameterException'),
  'ecs:DescribeTasks': ({ tasks }) => tooMany(tasks, LIMITS.ecs.describeTasks, 'InvalidParameterException'),
  'ecs:RegisterTaskDefinition': (input) => misnamed(input.family, LIMITS.ecs.familyName, 'ClientException') ?? badTaskDefinition(input),
  'iam:CreateRole': ({ RoleName }) => misnamed(RoleName, LIMITS.iam.roleName, 'ValidationError'),
  'dynamodb:CreateTable': ({ TableName }) => misnamed(TableName, LIMITS.dynamodb.tableName, 'ValidationException'),
  'dynamodb:BatchGetItem': ({ RequestItems = {} }) =>
    tooMany(
      Object.values(RequestItems as Record<string, { Keys?: unknown[] }>).flatMap(({ Keys = [] }) => Keys),
      LIMITS.dynamodb.batchGet,
      'ValidationException',
    ),
  'tag:GetResources': ({ ResourcesPerPage = 1 }) =>
    Number(ResourcesPerPage) > LIMITS.tagging.getResourcesPage
      ? ['InvalidParameterException', 'ResourcesPerPage is at most 100']
      : undefined,
};

export class Limits {
  /** When a queue was deleted, by its name; milliseconds. */
  readonly #deleted = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  refuses({ operation, input }: WireCall): WireError | undefined {
    const found = CHECKS[operation]?.(input) ?? (operation === 'sqs:CreateQueue' ? this.#deletedRecently(input) : undefined);
    return found && { code: found[0], message: found[1], status: 400 };
  }

  /** Learns from a call that passed. */
  sees({ operation, input }: WireCall, status: number): void {
    if (operation === 'sqs:DeleteQueue' && status < 300) this.#deleted.set(String(input.QueueUrl).split('/').at(-1) ?? '', this.#now());
  }

  #deletedRecently({ QueueName }: Input): ReturnType<Check> {
    const deleted = this.#deleted.get(String(QueueName));
    const waited = this.#now() - (deleted ?? Number.NEGATIVE_INFINITY);
    return waited < LIMITS.sqs.nameReuseSeconds * 1000
      ? ['QueueDeletedRecently', 'You must wait 60 seconds after deleting a queue before you can create another with the same name.']
      : undefined;
  }
}

function misnamed(name: unknown, { min = 1, max, pattern }: NameLimit, code: string): ReturnType<Check> {
  const text = String(name ?? '');
  const fits = text.length >= min && text.length <= max && pattern.test(text);
  return fits ? undefined : [code, `${text} is no name that AWS takes: ${min} to ${max} characters, ${pattern}`];
}

function tooMany(items: unknown, most: number, code: string): ReturnType<Check> {
  return Array.isArray(items) && items.length > most ? [code, `${items.length} at once, AWS takes ${most}`] : undefined;
}

function badAttributes({
  VisibilityTimeout = '0',
  MessageRetentionPeriod = '345600',
}: Readonly<Record<string, string>>): ReturnType<Check> {
  const { min, max } = LIMITS.sqs.retentionSeconds;
  const retention = Number(MessageRetentionPeriod);
  if (Number(VisibilityTimeout) > LIMITS.sqs.visibilitySeconds) return ['InvalidAttributeValue', 'VisibilityTimeout is at most 12 hours'];
  return retention < min || retention > max ? ['InvalidAttributeValue', 'MessageRetentionPeriod is 60 s to 14 days'] : undefined;
}

function badTaskDefinition(input: Input): ReturnType<Check> {
  const {
    cpu,
    memory,
    requiresCompatibilities = [],
    containerDefinitions = [],
  } = input as {
    cpu?: string;
    memory?: string;
    requiresCompatibilities?: string[];
    containerDefinitions?: { stopTimeout?: number }[];
  };
  const fargate = requiresCompatibilities.includes('FARGATE');
  if (fargate && !LIMITS.fargate.memory[Number(cpu)]?.includes(Number(memory)))
    return ['ClientException', `No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory.`];
  if (fargate && containerDefinitions.some(({ stopTimeout = 0 }) => stopTimeout > LIMITS.ecs.stopTimeoutSeconds))
    return ['ClientException', 'Fargate supports a stopTimeout of at most 120 seconds.'];
  return Buffer.byteLength(JSON.stringify(input)) > LIMITS.ecs.taskDefinitionBytes
    ? ['ClientException', 'Actual length exceeds max length of 65536.']
    : undefined;
}
