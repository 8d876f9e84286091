/** All that an in-memory AWS holds, to be compared. */

import type { MemoryAws } from './memory-aws.ts';

/** Everything that AWS holds, without what differs from run to run on purpose. */
export function stateOf({ memory }: MemoryAws): unknown {
  const revisions = memory.ecs.revisions.map(({ registered, ...revision }) => ({
    ...revision,
    environment: registered.containerDefinitions?.[0]?.environment?.filter(({ name }) => name !== 'MIP_PLAN_DIGEST'),
    image: registered.containerDefinitions?.[0]?.image,
  }));
  return structuredClone({
    repositories: memory.ecr.repositories,
    queues: memory.sqs.queues,
    roles: memory.iam.roles,
    revisions,
    services: memory.ecs.services,
    rows: memory.registry.items,
  });
}

/** Maps and lists in one order: runs interleave algorithms as they please. */
export function sorted(state: unknown): unknown {
  const { revisions, ...maps } = state as { revisions: { taskDefinitionArn: string }[] } & Record<string, Map<string, unknown>>;
  return {
    revisions: revisions.toSorted((a, b) => (a.taskDefinitionArn < b.taskDefinitionArn ? -1 : 1)),
    ...Object.fromEntries(Object.entries(maps).map(([name, map]) => [name, [...map].sort(([a], [b]) => (a < b ? -1 : 1))])),
  };
}
