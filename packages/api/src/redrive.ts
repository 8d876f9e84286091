/**
 * Sends dead jobs again: record → message → dead letter, each step before the next, so that one who is killed loses nothing. Done again it
 * goes on where it was: a job that is open already is only sent once more, and of two deliveries the second finds it over.
 *
 * SQS's own redrive keeps a job's deduplication id, knows no causes and leaves the record dead.
 */
import type { JobTable } from '@mip/registry';
import type { DeadLetter, DeadLetters } from './dead-letters.ts';
import type { Ports } from './ports.ts';
import { messageOf } from './submission.ts';

export interface RedrivePorts {
  readonly jobs: Pick<JobTable, 'redrive' | 'handBack' | 'get'>;
  readonly letters: Pick<DeadLetters, 'read' | 'remove' | 'depth'>;
  readonly requests: Ports['requests'];
  readonly now: () => Date;
}

export interface RedriveOrder {
  readonly queueUrl: string;
  readonly deadLetterUrl: string;
  /** Only what lies there for this cause. */
  readonly cause?: string | undefined;
  /** Called after each letter. */
  readonly progress?: (so: Redriven) => void;
}

/** How many letters, by what became of them. */
export interface Redriven {
  /** Sent again, by cause. */
  readonly redriven: Readonly<Record<string, number>>;
  /** Left for their cause: another was asked for. */
  readonly others: Readonly<Record<string, number>>;
  /** Of jobs that ended otherwise meanwhile: removed. */
  readonly ended: number;
  /** No jobs, or of no record: left, for somebody to look at. */
  readonly unknown: number;
  /** Held by another reader just now. */
  readonly held: number;
}

type Fate = 'redriven' | 'others' | 'ended' | 'unknown';

/** Long enough for a batch; whoever is killed keeps others waiting for so long. */
const HELD_SECONDS = 120;

export async function redrive(ports: RedrivePorts, order: RedriveOrder): Promise<Redriven> {
  const so = { redriven: {} as Record<string, number>, others: {} as Record<string, number>, ended: 0, unknown: 0, held: 0 };
  for await (const batch of ports.letters.read(order.deadLetterUrl, HELD_SECONDS)) {
    for (const letter of batch) {
      const fate = await redriveOne(ports, order, letter);
      if (fate === 'ended' || fate === 'unknown') so[fate] += 1;
      else so[fate][letter.cause] = (so[fate][letter.cause] ?? 0) + 1;
      order.progress?.(so);
    }
  }
  return { ...so, held: (await ports.letters.depth(order.deadLetterUrl)).held };
}

async function redriveOne(ports: RedrivePorts, { queueUrl, deadLetterUrl, cause }: RedriveOrder, letter: DeadLetter): Promise<Fate> {
  if (cause !== undefined && letter.cause !== cause) return 'others';
  if (!letter.job) return 'unknown';
  const now = ports.now();
  const record = (await ports.jobs.redrive(letter.job, now)) ?? (await ports.jobs.handBack(letter.job, now));
  if (!record && !(await ports.jobs.get(letter.job))) return 'unknown';
  if (record) await ports.requests.send(queueUrl, messageOf(record));
  await ports.letters.remove(deadLetterUrl, letter);
  return record ? 'redriven' : 'ended';
}
