/**
 * Puts right what died between two writes. Every few minutes it looks at open jobs that nothing has changed for a while:
 *
 * 1. Their message lies in the dead letters, and no worker wrote that down (SQS put it there, because its workers died): the job is `dead`.
 * 2. Still `accepted`: the router died between record and message, or right after it. The message is sent.
 * 3. `queued` or `running`, and the queue has no message at all: the message is gone (a purge, the end of its retention). It is sent again.
 * 4. They wait and nothing works on them: the line may sleep, because a call that was to wake it failed. It is woken.
 * 5. They have ended, and their clients were not told: whoever was to tell it died, or could not. The event is sent again.
 *
 * To send once too often is harmless, and so every doubt is decided for sending: the delivery has a number of its own, all deliveries of a job
 * are in one message group, which SQS hands out one after the other, and the second finds the job over. To take a job for dead is not: it is
 * done only for a letter that is the job's last delivery.
 *
 * Conformance jobs are on the queue of a candidate, and whoever started that ends them; on the request queue the version that serves clients
 * would run them. Those of a run that was killed are cancelled when nobody can wait for them any more.
 */
import { endOf, type JobRecord, type JobTable, jobEvent, lineName, type PhysicalNames } from '@mip/registry';
import { type DeadLetters, WORKER_LOST } from './dead-letters.ts';
import type { Events, Ports } from './ports.ts';
import { messageOf } from './submission.ts';
import type { Waker } from './waker.ts';

export interface SweeperPorts {
  readonly jobs: Pick<JobTable, 'untouched' | 'handBack' | 'bury' | 'cancel' | 'tellAgain'>;
  readonly letters: Pick<DeadLetters, 'read' | 'depth' | 'urlOf'>;
  readonly requests: Ports['requests'];
  readonly events: Events;
  readonly waker: Waker;
  readonly names: Pick<PhysicalNames, 'requestQueue' | 'deadLetterQueue'>;
  readonly now: () => Date;
}

/** What one sweep did, in numbers of jobs. */
export interface Swept {
  /** Open jobs that nothing had changed for a while. */
  readonly looked: number;
  readonly sent: number;
  readonly buried: number;
  /** Of a version that has no queue any more. */
  readonly stranded: number;
  /** Over, and their clients were told again. */
  readonly retold: number;
}

const MINUTE = 60_000;
/** A request takes at most 30 s; a message that kills its workers comes back every minute, and is put away at the fourth time. */
const UNTOUCHED = { accepted: MINUTE, queued: 3 * MINUTE, running: 3 * MINUTE } as const;
/** SQS's counts settle within a minute: when nothing has happened for this long, an empty queue is empty. */
const GONE = 15 * MINUTE;
/** A rollout waits for an hour at most. */
const ABANDONED = 2 * 60 * MINUTE;
const HELD_SECONDS = 60;
/** The notifier tells an end within seconds, and tries for some minutes. */
const UNTOLD = 10 * MINUTE;
/** In one sweep; the rest in the next. */
const MOST_UNTOLD = 500;
/** More of them are left for the next sweep, and then no message is taken for gone. */
const MOST_LETTERS = 10 * 1000;

export async function sweep(ports: SweeperPorts): Promise<Swept> {
  const total = { looked: 0, sent: 0, buried: 0, stranded: 0 };
  for (const [lines, jobs] of Map.groupBy(await untouched(ports), (job) => linesOf(job).join(' '))) {
    total.looked += jobs.length;
    const urls = await queuesOf(ports, lines.split(' '));
    if (!urls) {
      total.stranded += jobs.length;
      continue;
    }
    const dead = await lastDeliveries(ports, urls.deadLetters);
    const { sent, buried } = await sweepAlgorithm(ports, urls.requests, jobs, dead);
    total.sent += sent;
    total.buried += buried;
  }
  return { ...total, retold: await tellUntold(ports) };
}

async function untouched({ jobs, now }: SweeperPorts): Promise<readonly JobRecord[]> {
  const found: JobRecord[] = [];
  for (const state of ['accepted', 'queued', 'running'] as const)
    for await (const job of jobs.untouched(state, new Date(now().getTime() - UNTOUCHED[state])))
      if (job.purpose !== 'conformance') found.push(job);
      else if (now().getTime() - Date.parse(job.updated_at) > ABANDONED) await jobs.cancel(job, now());
  return found;
}

/** Where a job's message belongs: the line of its version, and where that is gone, the default one of its major. */
function linesOf({ algorithm, version, line = algorithm }: JobRecord): readonly string[] {
  return [...new Set([line, lineName(algorithm, version)])];
}

async function queuesOf(ports: SweeperPorts, lines: readonly string[]) {
  const { names } = ports;
  const [requests, deadLetters] = await Promise.all([
    firstUrl(ports, lines.map(names.requestQueue)),
    firstUrl(ports, lines.map(names.deadLetterQueue)),
  ]);
  return requests && deadLetters ? { requests, deadLetters } : undefined;
}

async function firstUrl({ letters }: SweeperPorts, queues: readonly string[]): Promise<string | undefined> {
  for (const queue of queues) {
    const url = await letters.urlOf(queue);
    if (url) return url;
  }
  return undefined;
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
  const [first] = jobs;
  if (first && waiting > 0) await ports.waker.wake({ queueUrl, algorithm: first.algorithm });
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

async function bury({ jobs, events, now }: SweeperPorts, job: JobRecord): Promise<boolean> {
  const message = 'each worker that took the job ended before it did; an operator can have it tried again';
  const dead = await jobs.bury(job, { code: WORKER_LOST, message }, now());
  // One that cannot be told now keeps its mark.
  if (dead) await events.send(jobEvent(dead, 'job.dead', now())).catch(() => undefined);
  return dead !== undefined;
}

/** The oldest first. Those that were told again go behind the others: one that cannot be told for good holds up nobody. */
async function tellUntold(ports: SweeperPorts): Promise<number> {
  const { jobs, now } = ports;
  let told = 0;
  for await (const job of jobs.untouched('untold', new Date(now().getTime() - UNTOLD))) {
    if (told === MOST_UNTOLD || !(await isToldAgain(ports, job))) break;
    await jobs.tellAgain(job, now());
    told += 1;
  }
  return told;
}

async function isToldAgain({ events, now }: SweeperPorts, job: JobRecord): Promise<boolean> {
  const type = endOf(job.state);
  if (!type) return false;
  return events.send(jobEvent(job, type, now())).then(
    () => true,
    () => false, // the next sweep goes on here
  );
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
