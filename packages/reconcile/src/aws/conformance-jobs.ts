/** The jobs of a candidate: their images, records and messages, and what became of them. */

import { createHash } from 'node:crypto';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { conformanceJob, deduplicationId, isOpen, type JobRecord, JobTable, messageOf } from '@mip/registry';
import type { PhysicalNames } from '@mip/registry/names';
import type { Ended, PreparedCase } from '../conformer.ts';
import { readEach } from './batches.ts';
import type { Aws } from './clients.ts';
import { getBytes, putBytes } from './objects.ts';

/** What is tried, and when the try began. */
export interface Trial {
  readonly names: PhysicalNames;
  readonly algorithm: string;
  readonly version: string;
  readonly line: string;
  readonly specHash: string;
  readonly at: Date;
}

/** A case and its job, as it was last seen. */
export interface CaseJob {
  readonly case: string;
  readonly record: JobRecord;
}

/** Images go first, then each record before its message, so that a worker finds what a message speaks of. */
export async function handOut(aws: Aws, trial: Trial, cases: readonly PreparedCase[], queueUrl: string): Promise<readonly CaseJob[]> {
  const jobs = await readEach(cases, async (one) => ({ case: one.name, record: draft(trial, one, await putImages(aws, trial, one)) }));
  const table = jobsOf(aws, trial);
  for (const { record } of jobs) {
    await table.accept(record);
    await aws.sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(messageOf(record)),
        MessageGroupId: record.job_key,
        MessageDeduplicationId: deduplicationId(record, record.delivery),
      }),
    );
  }
  return jobs;
}

/** Looks at those again that were not over. */
export function lookAgain(aws: Aws, trial: Trial, jobs: readonly CaseJob[]): Promise<readonly CaseJob[]> {
  const table = jobsOf(aws, trial);
  return readEach(jobs, async (job) => (isOpen(job.record.state) ? { ...job, record: (await table.get(job.record)) ?? job.record } : job));
}

/** Nobody waits for those that are not over. */
export async function cancelOpen(aws: Aws, trial: Trial, jobs: readonly CaseJob[], now: () => Date): Promise<void> {
  for (const { record } of jobs) if (isOpen(record.state)) await jobsOf(aws, trial).cancel(record, now());
}

/** With all that the job left in quarantine. */
export async function endedAs(aws: Aws, { names }: Trial, { case: of, record }: CaseJob): Promise<Ended> {
  const { outcome = null, error = null, started_at, finished_at, results = [] } = record;
  const bucket = names.bucket('results');
  const files = await readEach(results, async ({ name, key }) => ({ name, bytes: await getBytes(aws.s3, bucket, key) }));
  const seconds = started_at && finished_at ? (Date.parse(finished_at) - Date.parse(started_at)) / 1000 : null;
  if (record.state === 'succeeded') return { case: of, outcome, error: null, seconds, files };
  return { case: of, outcome: null, error: error ?? { code: record.state, message: `the job was ${record.state}` }, seconds, files };
}

/** @returns the SHA-256 of each. One that several cases share is put once. */
async function putImages(aws: Aws, { names }: Trial, { images }: PreparedCase): Promise<readonly string[]> {
  const named = images.map((bytes) => [createHash('sha256').update(bytes).digest('hex'), bytes] as const);
  await readEach([...new Map(named)], ([sha256, bytes]) => putBytes(aws.s3, names.bucket('images'), names.conformanceImage(sha256), bytes));
  return named.map(([sha256]) => sha256);
}

function draft(trial: Trial, { name, parameters, uids }: PreparedCase, images: readonly string[]): JobRecord {
  const { algorithm, version, line, specHash, at } = trial;
  return conformanceJob({ algorithm, version, line, specHash, case: name, parameters, pacs: uids, images, at });
}

function jobsOf({ dynamodb }: Aws, { names }: Trial): JobTable {
  return new JobTable(dynamodb, names.table('jobs'));
}
