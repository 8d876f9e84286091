import type { JobRecord } from '@mip/registry';

/** A result as a client sees it: `href` is a path of this API, never a key of the bucket. */
export interface ResultView {
  readonly name: string;
  readonly href: string;
  readonly media_type: string;
  /** Bytes. */
  readonly size: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** What a record shows of itself: no UIDs, no parameters, no keys. What is not known yet is absent. */
const SHOWN = [
  'job_id',
  'algorithm',
  'version',
  'ran_version',
  'image_digest',
  'state',
  'attempts',
  'accepted_at',
  'queued_at',
  'started_at',
  'finished_at',
  'outcome',
  'outcome_reason',
  'error',
  'pacs_delivery',
  'admission',
] as const satisfies readonly (keyof JobRecord)[];

/** A job as its client sees it. Times are ISO 8601 in UTC with milliseconds; `attempts` counts those that failed. */
export type JobView = Pick<JobRecord, (typeof SHOWN)[number]> & { readonly results: readonly ResultView[] };

/** The view of a record; an allow-list, so that an attribute added later stays inside until it is named here. */
export function viewJob(record: JobRecord): JobView {
  const shown = Object.fromEntries(SHOWN.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name]]])));
  const results = (record.results ?? []).map(({ name, media_type, size, sha256 }) => {
    return { name, href: `${jobPath(record.job_id)}/results/${name}`, media_type, size, sha256 };
  });
  return { ...(shown as Pick<JobRecord, (typeof SHOWN)[number]>), results };
}

/** The path of a job; an id needs no escaping, its pattern has only unreserved characters. */
export function jobPath(jobId: string): string {
  return `/jobs/${jobId}`;
}
