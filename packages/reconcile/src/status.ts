/** How an algorithm is doing at this moment: what the registry, ECS and SQS say of it, side by side. Reads; writes nothing. */

import type { Service } from '@aws-sdk/client-ecs';
import { Registry, type RegistryEntry } from '@mip/registry';
import { LIMITS } from '@mip/registry/limits';
import { TAGS } from '@mip/registry/names';
import { batches, readEach } from './aws/batches.ts';
import type { Aws } from './aws/clients.ts';
import { depthOf, type QueueDepth } from './aws/queues.ts';
import { describeServices } from './aws/services.ts';
import { tagRecord } from './aws/tags.ts';
import { KINDS } from './kinds/index.ts';
import type { Owner } from './platform.ts';

type Reader = Pick<Aws, 'dynamodb' | 'ecs' | 'sqs' | 'tagging'>;

/**
 * `live`: requests are taken and worked on; `starting`: fewer tasks run than should; `inactive`, `failed`: what the registry says;
 * `draining`: it has left the catalog, and what is left is worked off; `absent`: nothing of it is there.
 */
export type State = 'live' | 'starting' | 'inactive' | 'failed' | 'draining' | 'absent';

export interface AlgorithmStatus {
  readonly algorithm: string;
  readonly state: State;
  /** Of its row in the registry; absent where the registry has none. */
  readonly entry?: Pick<RegistryEntry, 'version' | 'status' | 'reason' | 'image_uri' | 'scale_override' | 'updated_at' | 'commit_sha'>;
  readonly tasks?: { readonly desired: number; readonly running: number; readonly pending: number; readonly rollout: string };
  readonly requests?: QueueDepth;
  /** Messages that are not tried any more. */
  readonly dead_letters?: number;
  /** Of what drains: since when, and what it waits for. */
  readonly drain?: { readonly since: string; readonly waits_for: string };
}

/** Everything that is published, runs or drains, by name. */
export async function algorithmsOf(aws: Reader, owner: Owner): Promise<readonly string[]> {
  const kinds = KINDS.filter(({ name }) => ['registry-entry', 'service', 'request-queue'].includes(name));
  const listed = await readEach(kinds, (kind) => kind.list(aws as Aws, owner));
  const names = listed.flatMap((found) => [...found].map(([name, { algorithm }]) => algorithm ?? name));
  return [...new Set(names)].sort();
}

/** In the order of the names. */
export async function readStatus(aws: Reader, owner: Owner, algorithms: readonly string[], now: Date): Promise<readonly AlgorithmStatus[]> {
  const { names } = owner;
  const rows = await new Registry(aws.dynamodb, names.table('algorithms')).getMany(algorithms);
  const described = await readEach(batches(algorithms.map(names.service), LIMITS.ecs.describeServices), (some) =>
    describeServices(aws.ecs, names.cluster, some),
  );
  const services = new Map(described.flat().map((service) => [service.serviceName ?? '', service]));
  return readEach(algorithms, async (algorithm) => {
    const [requests, dead] = await Promise.all([
      depthOf(aws.sqs, names.requestQueue(algorithm)),
      depthOf(aws.sqs, names.deadLetterQueue(algorithm)),
    ]);
    const entry = rows.find(({ algorithm_name }) => algorithm_name === algorithm);
    return statusOf({ algorithm, entry, service: services.get(names.service(algorithm)), requests, dead }, now);
  });
}

interface Seen {
  readonly algorithm: string;
  readonly entry: RegistryEntry | undefined;
  readonly service: Service | undefined;
  readonly requests: QueueDepth | undefined;
  readonly dead: QueueDepth | undefined;
}

/** Pure. */
export function statusOf({ algorithm, entry, service, requests, dead }: Seen, now: Date): AlgorithmStatus {
  const dead_letters = dead && dead.waiting + dead.in_flight;
  const tasks = service && tasksOf(service);
  const drain = entry ? undefined : drainOf(service, requests, dead_letters);
  return {
    algorithm,
    state: stateOf(entry, tasks, drain),
    ...(entry && { entry: shown(entry, now) }),
    ...(tasks && { tasks }),
    ...(requests && { requests }),
    ...(dead_letters !== undefined && { dead_letters }),
    ...(drain && { drain }),
  };
}

function stateOf(entry: Seen['entry'], tasks: AlgorithmStatus['tasks'], drain: AlgorithmStatus['drain']): State {
  if (!entry) return drain ? 'draining' : 'absent';
  if (entry.status !== 'active') return entry.status;
  return tasks && tasks.running >= tasks.desired ? 'live' : 'starting';
}

function tasksOf({ desiredCount = 0, runningCount = 0, pendingCount = 0, deployments = [] }: Service) {
  const rollout = deployments.find(({ status }) => status === 'PRIMARY')?.rolloutState ?? 'unknown';
  return { desired: desiredCount, running: runningCount, pending: pendingCount, rollout: rollout.toLowerCase() };
}

/** In the order in which a drain waits: the jobs that wait, then those that are dead. */
function drainOf(service: Service | undefined, requests: QueueDepth | undefined, dead: number | undefined): AlgorithmStatus['drain'] {
  if (!service && !requests && dead === undefined) return undefined;
  const since = tagRecord(service?.tags)[TAGS.withdrawn] ?? 'unknown';
  const jobs = requests ? requests.waiting + requests.in_flight : 0;
  if (jobs > 0) return { since, waits_for: `${counted(jobs, 'job')} to be worked off` };
  if (dead) return { since, waits_for: `${counted(dead, 'dead letter')} to be redriven or deleted` };
  return { since, waits_for: 'the next apply' };
}

function shown({ version, status, reason, image_uri, scale_override, updated_at, commit_sha }: RegistryEntry, now: Date) {
  const held = scale_override && new Date(scale_override.until) > now ? scale_override : undefined;
  return { version, status, image_uri, updated_at, commit_sha, ...(reason && { reason }), ...(held && { scale_override: held }) };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
