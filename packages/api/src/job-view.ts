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
export const SHOWN_OF_RECORD = [
  'job_id',
  'algorithm',
  'version',
  'ran_version',
  'image_digest',
  'state',
  'attempts',
  'progress',
  'accepted_at',
  'queued_at',
  'started_at',
  'finished_at',
  'outcome',
  'outcome_reason',
  'error',
  'pacs_delivery',
  'admission',
  'callback',
  'trace_id',
] as const satisfies readonly (keyof JobRecord)[];

const NOT_YET = { state: 'pending', attempts: 0 } as const;

/** A job as its client sees it. Times are ISO 8601 in UTC with milliseconds; `attempts` counts those that failed. */
export type JobView = Pick<JobRecord, (typeof SHOWN_OF_RECORD)[number]> & { readonly results: readonly ResultView[] };

/** The view of a record; an allow-list, so that an attribute added later stays inside until it is named here. */
export function viewJob(record: JobRecord): JobView {
  const shown = Object.fromEntries(SHOWN_OF_RECORD.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name]]])));
  const results = (record.results ?? []).map(({ name, media_type, size, sha256 }) => {
    return { name, href: `${jobPath(record.job_id)}/results/${name}`, media_type, size, sha256 };
  });
  const callback = record.callback_url === undefined ? undefined : (record.callback ?? NOT_YET);
  return { ...(shown as Pick<JobRecord, (typeof SHOWN_OF_RECORD)[number]>), ...(callback && { callback }), results };
}

/** The path of a job; an id needs no escaping, its pattern has only unreserved characters. */
export function jobPath(jobId: string): string {
  return `/jobs/${jobId}`;
}
