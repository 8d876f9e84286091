/** Whether a platform works: each part that could be wrong as one check. Reads; writes nothing. */

import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Aws } from './aws/clients.ts';
import { holderOf, type LeaseRow } from './lease.ts';
import type { Owner } from './platform.ts';
import { type AlgorithmStatus, algorithmsOf, type LineStatus, readStatus } from './status.ts';

/** `warning`: it works, and somebody should look. */
export type Verdict = 'ok' | 'warning' | 'failed';

export interface Check {
  readonly check: string;
  readonly verdict: Verdict;
  /** A sentence. */
  readonly detail: string;
}

type Reader = Pick<Aws, 'dynamodb' | 'ecs' | 'sqs' | 'tagging'>;

/** Seconds that a job may wait or run before somebody should look: longer than a worker that died keeps a message. */
const LONG_S = 900;

/** Services, queues, open jobs and the lease; a read that fails is a check that failed. */
export async function platformChecks(aws: Reader, owner: Owner, now: Date): Promise<readonly Check[]> {
  const [algorithms, jobs, lease] = await Promise.all([
    tried('services', async () => algorithmChecks(await readStatus(aws, owner, await algorithmsOf(aws, owner), now))),
    tried('open jobs', async () => [oldestCheck(await oldestOpen(aws, owner), now)]),
    tried('lease', async () => [leaseCheck(await holderOf(aws.dynamodb, owner.names.table('leases')), now)]),
  ]);
  return [...algorithms, ...jobs, ...lease];
}

async function tried(check: string, look: () => Promise<readonly Check[]>): Promise<readonly Check[]> {
  try {
    return await look();
  } catch (error) {
    return [{ check, verdict: 'failed', detail: `cannot be read: ${(error as Error).message}` }];
  }
}

/** Pure. */
export function algorithmChecks(algorithms: readonly AlgorithmStatus[]): readonly Check[] {
  const all = algorithms.flatMap((one) => [one, ...(one.lines ?? []).map(asAlgorithm)]);
  const listed = (some: readonly AlgorithmStatus[], words: (one: AlgorithmStatus) => string) => some.map(words).join('; ');
  const stopped = all.filter(({ state, tasks }) => state === 'starting' && (tasks?.running ?? 0) === 0);
  const starting = all.filter((one) => one.state === 'starting' && !stopped.includes(one));
  const failed = all.filter(({ state }) => state === 'failed');
  const dead = all.filter(({ dead_letters = 0 }) => dead_letters > 0);
  const draining = all.filter(({ drain }) => drain);
  const running = ({ algorithm, tasks }: AlgorithmStatus) => `${algorithm} runs ${tasks?.running ?? 0} of ${tasks?.desired ?? '?'} tasks`;
  return [
    verdictOf(
      'services',
      stopped,
      starting,
      listed([...stopped, ...starting], running) || `${algorithms.length} algorithms, all tasks run`,
    ),
    verdictOf('rollouts', failed, [], listed(failed, failedWords) || 'none failed'),
    verdictOf('dead letters', [], dead, listed(dead, ({ algorithm, dead_letters }) => `${algorithm}: ${dead_letters}`) || 'none'),
    verdictOf('draining', [], [], listed(draining, ({ algorithm, drain }) => `${algorithm} waits for ${drain?.waits_for}`) || 'nothing'),
  ];
}

function failedWords({ algorithm, entry: { version, failed_version, reason = 'failed' } = {} as never }: AlgorithmStatus): string {
  const goesOn = failed_version && failed_version !== version ? ` (${version} goes on)` : '';
  return `${[algorithm, failed_version].filter(Boolean).join(' ')}: ${reason}${goesOn}`;
}

/** A line beside the default one is looked at like an algorithm. */
function asAlgorithm({ line, ...one }: LineStatus): AlgorithmStatus {
  const { tasks, drain } = one;
  const state = drain ? 'draining' : tasks && tasks.running < tasks.desired ? 'starting' : 'live';
  return { algorithm: line, state, ...one };
}

function verdictOf(check: string, failed: readonly unknown[], warned: readonly unknown[], detail: string): Check {
  return { check, verdict: failed.length ? 'failed' : warned.length ? 'warning' : 'ok', detail };
}

interface OpenJob {
  readonly algorithm: string;
  readonly open_state: string;
  readonly updated_at: string;
}

/** The open job that nothing has happened to for longest. */
async function oldestOpen({ dynamodb }: Reader, { names }: Owner): Promise<OpenJob | undefined> {
  const first = async (state: string) => {
    const { Items = [] } = await dynamodb.send(
      new QueryCommand({
        TableName: names.table('jobs'),
        IndexName: 'by-open-state',
        KeyConditionExpression: 'open_state = :state',
        ExpressionAttributeValues: { ':state': state },
        Limit: 1,
      }),
    );
    return Items as OpenJob[];
  };
  const jobs = (await Promise.all(['accepted', 'queued', 'running'].map(first))).flat();
  return jobs.toSorted((a, b) => (a.updated_at < b.updated_at ? -1 : 1))[0];
}

/** Pure. */
export function oldestCheck(job: OpenJob | undefined, now: Date): Check {
  if (!job) return { check: 'open jobs', verdict: 'ok', detail: 'none' };
  const age = Math.max(0, Math.round((now.getTime() - new Date(job.updated_at).getTime()) / 1000));
  const detail = `the oldest, of ${job.algorithm}, has been ${job.open_state} for ${age} s`;
  return { check: 'open jobs', verdict: age > LONG_S ? 'warning' : 'ok', detail };
}

/** Pure. A lease that was never given back is that of a run which was killed: the next one takes it over. */
export function leaseCheck(lease: Omit<LeaseRow, 'id'> | undefined, now: Date): Check {
  if (!lease) return { check: 'lease', verdict: 'ok', detail: 'free' };
  const over = lease.expires_at <= now.getTime();
  const detail = over ? `left by a run that was killed (${lease.holder}): apply again` : `an apply is running (${lease.holder})`;
  return { check: 'lease', verdict: over ? 'warning' : 'ok', detail };
}
