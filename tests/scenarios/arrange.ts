/** An AWS in memory in which everything happened that a scenario says. */
import { CreateRepositoryCommand } from '@aws-sdk/client-ecr';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import type { Catalog } from '@mip/catalog';
import { apply, type Input, plan } from '@mip/reconcile';
import { scale } from '@mip/reconcile/scale';
import { runOptions, settle } from '@mip/reconcile/testing/fixtures';
import { MemoryAws } from '@mip/reconcile/testing/memory-aws';
import { Registry } from '@mip/registry';
import { entriesOf, inputOf, type Observed } from './scenario.ts';

export async function arrange(catalog: Catalog, observed: Observed): Promise<MemoryAws> {
  const aws = new MemoryAws();
  const before = inputOf(catalog, observed, entriesOf(observed.before, catalog), 'before');
  if (before.algorithms.length > 0) await applied(aws, before);
  if (observed.since) {
    aws.freezeIndex();
    await settle(aws, inputOf(catalog, observed, entriesOf(observed.since, catalog), 'before'));
  }
  for (const algorithm of before.algorithms) {
    const override = observed.scaled?.[algorithm.name];
    if (override) await scale(aws, before.platform, { algorithm, override }, runOptions(aws));
  }
  for (const [name, pin] of Object.entries(observed.pinned ?? {}))
    await new Registry(aws.dynamodb, before.platform.names.table('algorithms')).pin(name, before.platform.catalogId, pin);
  await others(aws, observed);
  for (const { call, input } of observed.by_hand ?? []) await byHand(aws, call, input);
  aws.world.restart();
  return aws;
}

async function applied(aws: MemoryAws, input: Input): Promise<void> {
  const report = await apply(aws, await plan(aws, input), runOptions(aws));
  if (!report.ok) throw new Error(JSON.stringify(report.outcomes));
}

async function others(
  aws: MemoryAws,
  { unowned = [], others: { catalog = '', repositories = [] } = {} as never }: Observed,
): Promise<void> {
  for (const QueueName of unowned) await aws.sqs.send(new CreateQueueCommand({ QueueName, Attributes: { FifoQueue: 'true' } }));
  const tags = [{ Key: 'mip:managed-by', Value: catalog }];
  for (const repositoryName of repositories) await aws.ecr.send(new CreateRepositoryCommand({ repositoryName, tags }));
}

/** Past the SDK: the names of inputs are the same. */
async function byHand(aws: MemoryAws, call: string, input: unknown): Promise<void> {
  const [service = '', operation = ''] = call.split(':');
  const { operations } = service === 'application-autoscaling' ? aws.memory.scaling : aws.memory[service as 'sqs' | 'ecs' | 'ecr' | 'iam'];
  const handle = operations[operation];
  if (!handle) throw new Error(`the in-memory AWS has no ${call}`);
  await aws.world.call(service, operation, input, handle);
}
