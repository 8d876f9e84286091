/** How an algorithm is doing at this moment: what the registry, ECS and SQS say of it, side by side. Reads; writes nothing. */

import type { Service } from '@aws-sdk/client-ecs';
import { Registry, type RegistryEntry } from '@mip/registry';
import { LIMITS } from '@mip/registry/limits';
import { lineName, TAGS } from '@mip/registry/names';
import { batches, readEach } from './aws/batches.ts';
import type { Aws } from './aws/clients.ts';
import { depthOf, type QueueDepth } from './aws/queues.ts';
import { describeServices } from './aws/services.ts';
import { tagRecord } from './aws/tags.ts';
import { KINDS } from './kinds/index.ts';
import { requestQueue } from './kinds/request-queue.ts';
import type { Owner } from './platform.ts';

type Reader = Pick<Aws, 'dynamodb' | 'ecs' | 'sqs' | 'tagging'>;

/**
 * `live`: requests are taken and worked on; `starting`: fewer tasks run than should; `inactive`: what the registry says;
 * `failed`: a version was no good, and the one before it, where there is one, goes on;
 * `draining`: it has left the catalog, and what is left is worked off; `absent`: nothing of it is there.
 */
export type State = 'live' | 'starting' | 'inactive' | 'failed' | 'draining' | 'absent';

export interface AlgorithmStatus {
  readonly algorithm: string;
  readonly state: State;
  /** Of its row in the registry; absent where the registry has none. */
  readonly entry?: Pick<
    RegistryEntry,
    'version' | 'status' | 'reason' | 'failed_version' | 'image_uri' | 'scale_override' | 'pin' | 'updated_at' | 'commit_sha'
  >;
  readonly tasks?: { readonly desired: number; readonly running: number; readonly pending: number; readonly rollout: string };
  readonly requests?: QueueDepth;
  /** Messages that are not tried any more. */
  readonly dead_letters?: number;
  /** Of what drains: since when, and what it waits for. */
  readonly drain?: { readonly since: string; readonly waits_for: string };
  /** The lines beside that of the default version: further releases, and what is left of versions that are served no more. */
  readonly lines?: readonly LineStatus[];
}

/** One of them; `version` is that of a further release. A `drain` is as of an algorithm. */
export interface LineStatus extends Pick<AlgorithmStatus, 'tasks' | 'requests' | 'dead_letters' | 'drain'> {
  readonly line: string;
  readonly version?: string;
  readonly weight?: number;
  readonly deprecated_at?: string;
}

/** Everything that is published, runs or drains, by name. */
export async function algorithmsOf(aws: Reader, owner: Owner): Promise<readonly string[]> {
  const kinds = KINDS.filter(({ name }) => ['registry-entry', 'service', 'request-queue'].includes(name));
  const listed = await readEach(kinds, (kind) => kind.list(aws as Aws, owner));
  const names = listed.flatMap((found) => [...found].map(([name, { algorithm }]) => algorithm ?? name));
  return [...new Set(names)].sort();
}

/** The lines of an algorithm that have a queue, whether they are served or drain; sorted. */
export async function linesOf(aws: Pick<Aws, 'tagging'>, owner: Owner): Promise<ReadonlyMap<string, readonly string[]>> {
  const listed = await requestQueue.list(aws as Aws, owner);
  const queues = [...listed].flatMap(([name, { algorithm = '' }]) => {
    const line = owner.names.lineOfQueue(name) ?? owner.names.lineOfDeadLetters(name);
    return line === undefined ? [] : [{ algorithm, line }];
  });
  const groups = Map.groupBy(queues, ({ algorithm }) => algorithm);
  return new Map([...groups].map(([algorithm, own]) => [algorithm, [...new Set(own.map(({ line }) => line))].sort()]));
}

/** In the order of the names. */
export async function readStatus(aws: Reader, owner: Owner, algorithms: readonly string[], now: Date): Promise<readonly AlgorithmStatus[]> {
  const { names } = owner;
  const [rows, lines] = await Promise.all([new Registry(aws.dynamodb, names.table('algorithms')).getMany(algorithms), linesOf(aws, owner)]);
  const looks = algorithms.map((algorithm): Look => {
    const entry = rows.find(({ algorithm_name }) => algorithm_name === algorithm);
    const line = entry ? lineName(algorithm, entry.version ?? '1.0.0') : algorithm;
    return { algorithm, entry, line, others: othersOf(entry, lines.get(algorithm) ?? [], line) };
  });
  const all = looks.flatMap(({ line, others }) => [line, ...others.map((one) => one.line)]);
  const described = await readEach(batches(all.map(names.service), LIMITS.ecs.describeServices), (some) =>
    describeServices(aws.ecs, names.cluster, some),
  );
  const services = new Map(described.flat().map((service) => [service.serviceName ?? '', service]));
  const resources = async (line: string) => {
    const [requests, dead] = await Promise.all([depthOf(aws.sqs, names.requestQueue(line)), depthOf(aws.sqs, names.deadLetterQueue(line))]);
    return { service: services.get(names.service(line)), requests, dead };
  };
  return readEach(looks, async ({ algorithm, entry, line, others }) => {
    const beside = await readEach(others, async (one) => lineStatusOf(one, await resources(one.line)));
    const status = statusOf({ algorithm, entry, ...(await resources(line)) }, now);
    return beside.length > 0 ? { ...status, lines: beside } : status;
  });
}

interface Look {
  readonly algorithm: string;
  readonly entry: RegistryEntry | undefined;
  readonly line: string;
  readonly others: readonly Other[];
}

type Other = Pick<LineStatus, 'line' | 'version' | 'weight' | 'deprecated_at'>;

/** Further releases as the row has them, then what is there and served no more. */
function othersOf(entry: RegistryEntry | undefined, lines: readonly string[], own: string): readonly Other[] {
  const releases = (entry?.releases ?? []).flatMap((one): Other[] => {
    if (one.yanked) return [];
    const { line, version, weight, deprecated_at } = one;
    return [{ line, version, ...(weight && { weight }), ...(deprecated_at && { deprecated_at }) }];
  });
  const known = new Set([own, ...releases.map(({ line }) => line)]);
  return [...releases, ...lines.filter((line) => !known.has(line)).map((line) => ({ line }))];
}

function lineStatusOf(other: Other, seen: SeenOfLine): LineStatus {
  const work = workOf(seen);
  const drain = other.version === undefined ? drainOf(seen.service, seen.requests, work.dead_letters) : undefined;
  return { ...other, ...work, ...(drain && { drain }) };
}

/** What works on a line, and what waits there. */
function workOf({ service, requests, dead }: SeenOfLine): Pick<LineStatus, 'tasks' | 'requests' | 'dead_letters'> {
  return {
    ...(service && { tasks: tasksOf(service) }),
    ...(requests && { requests }),
    ...(dead && { dead_letters: dead.waiting + dead.in_flight }),
  };
}

interface SeenOfLine {
  readonly service: Service | undefined;
  readonly requests: QueueDepth | undefined;
  readonly dead: QueueDepth | undefined;
}

interface Seen extends SeenOfLine {
  readonly algorithm: string;
  readonly entry: RegistryEntry | undefined;
}

/** Pure. */
export function statusOf({ algorithm, entry, ...seen }: Seen, now: Date): AlgorithmStatus {
  const work = workOf(seen);
  const drain = entry ? undefined : drainOf(seen.service, seen.requests, work.dead_letters);
  return {
    algorithm,
    state: stateOf(entry, work.tasks, drain),
    ...(entry && { entry: shown(entry, now) }),
    ...work,
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

function shown(
  { version, status, reason, failed_version, image_uri, scale_override, pin, updated_at, commit_sha }: RegistryEntry,
  now: Date,
) {
  const held = scale_override && new Date(scale_override.until) > now ? scale_override : undefined;
  return {
    version,
    status,
    image_uri,
    updated_at,
    commit_sha,
    ...(reason && { reason }),
    ...(failed_version && { failed_version }),
    ...(held && { scale_override: held }),
    ...(pin && { pin }),
  };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
