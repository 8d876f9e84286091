/** Tells clients that the version which made their results was recalled. */
import { type JobIdentity, type JobTable, jobEvent } from '@mip/registry';
import type { Events } from './ports.ts';

export interface RecallNoticePorts {
  readonly jobs: Pick<JobTable, 'get'>;
  readonly events: Events;
  readonly now: () => Date;
}

const AT_A_TIME = 8;

/**
 * Sends `job.recalled` of each job. Done again, also by somebody else or after it broke off, each client gets the same events under the same
 * ids.
 *
 * @returns how many were sent; fewer where a record has gone meanwhile.
 * @throws when one cannot be sent: those before it are.
 */
export async function tellRecall(ports: RecallNoticePorts, jobs: readonly JobIdentity[], reason: string): Promise<number> {
  let sent = 0;
  for (let at = 0; at < jobs.length; at += AT_A_TIME) {
    const told = await Promise.all(jobs.slice(at, at + AT_A_TIME).map((job) => tellOne(ports, job, reason)));
    sent += told.filter(Boolean).length;
  }
  return sent;
}

async function tellOne({ jobs, events, now }: RecallNoticePorts, job: JobIdentity, reason: string): Promise<boolean> {
  const record = await jobs.get(job);
  if (record) await events.send(jobEvent(record, 'job.recalled', now(), { reason }));
  return record !== undefined;
}
