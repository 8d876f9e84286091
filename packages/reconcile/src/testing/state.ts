/** All that an in-memory AWS holds, to be compared. */

import type { MemoryAws } from './memory-aws.ts';

/** Everything that AWS holds, without what differs from run to run on purpose: times, and which plan it was. */
export function stateOf({ memory }: MemoryAws): unknown {
  memory.ecs.look();
  const revisions = memory.ecs.revisions.map(({ registered, ...revision }) => ({
    ...revision,
    environment: registered.containerDefinitions?.[0]?.environment?.filter(({ name }) => name !== 'MIP_PLAN_DIGEST'),
    image: registered.containerDefinitions?.[0]?.image,
  }));
  return timeless({
    repositories: memory.ecr.repositories,
    queues: memory.sqs.queues,
    roles: memory.iam.roles,
    revisions,
    services: new Map([...memory.ecs.services].map(([name, service]) => [name, settled(service)])),
    candidates: memory.ecs.tasks.running,
    targets: memory.scaling.targets,
    rows: memory.registry.items,
  });
}

/** Of its deployments what it runs and how that came out: which number they have depends on how often somebody tried. */
function settled({ deployments, ...service }: MemoryAws['memory']['ecs']['services'] extends Map<string, infer S> ? S : never) {
  return {
    ...service,
    deployments: deployments.map(({ status, taskDefinition, rolloutState }) => ({ status, taskDefinition, rolloutState })),
  };
}

/** Maps and lists in one order: runs interleave algorithms as they please. */
export function sorted(state: unknown): unknown {
  const { revisions, candidates, ...maps } = state as {
    revisions: { taskDefinitionArn: string }[];
    candidates: unknown;
  } & Record<string, Map<string, unknown>>;
  return {
    candidates,
    revisions: revisions.toSorted((a, b) => (a.taskDefinitionArn < b.taskDefinitionArn ? -1 : 1)),
    ...Object.fromEntries(Object.entries(maps).map(([name, map]) => [name, [...map].sort(([a], [b]) => (a < b ? -1 : 1))])),
  };
}

/** A copy in which every time reads the same. */
function timeless<T>(value: T): T {
  if (typeof value === 'string') return (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? 'a time' : value) as T;
  if (value instanceof Map) return new Map([...value].map(([key, one]) => [key, timeless(one)])) as T;
  if (Array.isArray(value)) return value.map(timeless) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, timeless(one)])) as T;
}
