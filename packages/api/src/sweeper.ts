/**
 * Puts right what died between two writes. Every few minutes it looks at open jobs that nothing has changed for a while:
 *
 * 1. Their message lies in the dead letters, and no worker wrote that down (SQS put it there, because its workers died): the job is `dead`.
 * 2. Still `accepted`: the router died between record and message, or right after it. The message is sent.
 * 3. `queued` or `running`, and the queue has no message at all: the message is gone (a purge, the end of its retention). It is sent again.
 *
 * To send once too often is harmless, and so every doubt is decided for sending: the delivery has a number of its own, all deliveries of a job
 * are in one message group, which SQS hands out one after the other, and the second finds the job over. To take a job for dead is not: it is
 * done only for a letter that is the job's last delivery.
 */
import type { JobRecord, JobTable, PhysicalNames } from '@mip/registry';
import { type DeadLetters, WORKER_LOST } from './dead-letters.ts';
import type { Ports } from './ports.ts';
import { messageOf } from './submission.ts';

export interface SweeperPorts {
  readonly jobs: Pick<JobTable, 'untouched' | 'handBack' | 'bury'>;
  readonly letters: Pick<DeadLetters, 'read' | 'depth' | 'urlOf'>;
  readonly requests: Ports['requests'];
  readonly names: Pick<PhysicalNames, 'requestQueue' | 'deadLetterQueue'>;
  readonly now: () => Date;
}

/** What one sweep did, in numbers of jobs. */
export interface Swept {
  /** Open jobs that nothing had changed for a while. */
  readonly looked: number;
  readonly sent: number;
  readonly buried: number;
  /** Of an algorithm that has no queue any more. */
  readonly stranded: number;
}

const MINUTE = 60_000;
/** A request takes at most 30 s; a message that kills its workers comes back every minute, and is put away at the fourth time. */
const UNTOUCHED = { accepted: MINUTE, queued: 3 * MINUTE, running: 3 * MINUTE } as const;
/** SQS's counts settle within a minute: when nothing has happened for this long, an empty queue is empty. */
const GONE = 15 * MINUTE;
const HELD_SECONDS = 60;
/** More of them are left for the next sweep, and then no message is taken for gone. */
const MOST_LETTERS = 10 * 1000;

export async function sweep(ports: SweeperPorts): Promise<Swept> {
  const total = { looked: 0, sent: 0, buried: 0, stranded: 0 };
  for (const [algorithm, jobs] of Map.groupBy(await untouched(ports), (job) => job.algorithm)) {
    total.looked += jobs.length;
    const urls = await queuesOf(ports, algorithm);
    if (!urls) {
      total.stranded += jobs.length;
      continue;
    }
    const dead = await lastDeliveries(ports, urls.deadLetters);
    const { sent, buried } = await sweepAlgorithm(ports, urls.requests, jobs, dead);
    total.sent += sent;
    total.buried += buried;
  }
  return total;
}

async function untouched({ jobs, now }: SweeperPorts): Promise<readonly JobRecord[]> {
  const found: JobRecord[] = [];
  for (const state of ['accepted', 'queued', 'running'] as const)
    for await (const job of jobs.untouched(state, new Date(now().getTime() - UNTOUCHED[state]))) found.push(job);
  return found;
}

async function queuesOf({ letters, names }: SweeperPorts, algorithm: string) {
  const [requests, deadLetters] = await Promise.all([
    letters.urlOf(names.requestQueue(algorithm)),
    letters.urlOf(names.deadLetterQueue(algorithm)),
  ]);
  return requests && deadLetters ? { requests, deadLetters } : undefined;
}

/** The highest delivery of each job in the dead letters, and whether all of them were read. */
interface Dead {
  readonly deliveries: ReadonlyMap<string, number>;
  readonly complete: boolean;
}

async function lastDeliveries({ letters }: SweeperPorts, url: string): Promise<Dead> {
  const deliveries = new Map<string, number>();
  let read = 0;
  for await (const batch of letters.read(url, HELD_SECONDS)) {
    for (const { job } of batch) if (job) deliveries.set(keyOf(job), Math.max(job.delivery, deliveries.get(keyOf(job)) ?? 0));
    read += batch.length;
    if (read > MOST_LETTERS) return { deliveries, complete: false };
  }
  return { deliveries, complete: true };
}

async function sweepAlgorithm(ports: SweeperPorts, queueUrl: string, jobs: readonly JobRecord[], dead: Dead) {
  const { waiting, held } = await ports.letters.depth(queueUrl);
  const empty = waiting + held === 0 && dead.complete;
  let sent = 0;
  let buried = 0;
  for (const job of jobs) {
    if ((dead.deliveries.get(keyOf(job)) ?? 0) >= job.delivery) buried += (await bury(ports, job)) ? 1 : 0;
    else if (job.state === 'accepted' || (empty && isOld(ports, job))) sent += (await sendAgain(ports, queueUrl, job)) ? 1 : 0;
  }
  return { sent, buried };
}

function isOld({ now }: SweeperPorts, { updated_at }: JobRecord): boolean {
  return now().getTime() - Date.parse(updated_at) > GONE;
}

function bury({ jobs, now }: SweeperPorts, job: JobRecord) {
  const message = 'each worker that took the job ended before it did; an operator can have it tried again';
  return jobs.bury(job, { code: WORKER_LOST, message }, now());
}

/** The number first: a message of a number that is not in the record could be swallowed as a repeat of the next one. */
async function sendAgain({ jobs, requests, now }: SweeperPorts, queueUrl: string, job: JobRecord): Promise<boolean> {
  const record = await jobs.handBack(job, now());
  if (record) await requests.send(queueUrl, messageOf(record));
  return record !== undefined;
}

function keyOf({ client_id, job_id }: { readonly client_id: string; readonly job_id: string }): string {
  return `${client_id}\0${job_id}`;
}
