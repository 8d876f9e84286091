/** What runs did, one JSON document each, in the bucket for it: written when a run begins to change things, and again when it ends. */

import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Outcome } from './apply.ts';
import type { CallCount } from './aws/calls.ts';
import type { Plan } from './plan.ts';

/** Times are ISO 8601 in UTC. A record that stays `running` is that of a run which was killed. */
export interface RunRecord {
  readonly schema: 'run/1';
  readonly state: 'running' | 'done' | 'failed';
  readonly started_at: string;
  readonly finished_at?: string;
  readonly commit: string;
  /** Who ran it, in words. */
  readonly holder: string;
  readonly plan: Plan;
  readonly outcomes?: readonly Outcome[];
  readonly calls?: readonly CallCount[];
}

/** Replaces the record of the same run. */
export async function record(s3: Pick<S3Client, 'send'>, bucket: string, run: RunRecord): Promise<void> {
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: keyOf(run),
      Body: JSON.stringify(run, null, 2),
      ContentType: 'application/json',
      Metadata: { state: run.state, commit: run.commit }, // what the Admin API's list of runs shows, without reading a plan of megabytes
    }),
  );
}

/** Sorts by time; the plan's digest keeps apart what began in the same millisecond. */
export function keyOf({ started_at, plan }: Pick<RunRecord, 'started_at' | 'plan'>): string {
  return `runs/${started_at}-${plan.digest.slice('sha256:'.length, 'sha256:'.length + 12)}.json`;
}
