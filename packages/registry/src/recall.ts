/**
 * What a version of an algorithm has made: the jobs that it ended with a result, by client, so that each can be told. From job records alone: what
 * they do not say is in docs/recall.md.
 */
import type { JobRecord } from './generated/job-record.ts';
import { isOpen } from './job.ts';

/** What a recall reads of a job's record. */
export const RECALLED_FIELDS = [
  ...([
    'client_id',
    'job_id',
    'state',
    'purpose',
    'pacs',
    'accepted_at',
    'finished_at',
    'started_at',
    'ran_version',
    'image_digest',
  ] as const),
  ...(['outcome', 'outcome_reason', 'results', 'pacs_delivery'] as const),
] satisfies readonly (keyof JobRecord)[];

export type RecalledRecord = Pick<JobRecord, (typeof RECALLED_FIELDS)[number]>;

export interface RecallOrder {
  readonly version: string;
  /** Only what this image made; undefined for every image that the version had. */
  readonly digest: string | undefined;
}

/** One job as a recall tells it. It names patients' studies: it belongs to whoever asked, and into no log. */
export interface RecalledJob {
  readonly client_id: string;
  readonly job_id: string;
  readonly state: JobRecord['state'];
  readonly study_uid: string;
  /** Null where the whole study was processed. */
  readonly series_uid: string | null;
  readonly instance_uid: string | null;
  /** The PACS that the images came from; null for the built-in store. */
  readonly source: string | null;
  readonly accepted_at: string;
  /** Null while it is not finished. */
  readonly ended_at: string | null;
  readonly image_digest: string | null;
  readonly outcome: JobRecord['outcome'] | null;
  readonly outcome_reason: string | null;
  /** Keys are those in the results bucket. */
  readonly results: readonly { readonly name: string; readonly key: string; readonly sha256: string }[];
  /** The PACS that results went to, and how many objects it has. */
  readonly delivered: {
    readonly pacs: string;
    readonly state: 'stored' | 'failed';
    readonly stored: number;
    readonly failed: number;
  } | null;
}

/** All of one client; its jobs in the order in which they were accepted. */
export interface ClientRecall {
  readonly client_id: string;
  /** How many different studies are concerned, finished or not. */
  readonly studies: number;
  /** What the version made. */
  readonly made: readonly Kept[];
  /** What it has begun with and not finished: it may still become a result. */
  readonly unfinished: readonly Kept[];
}

export interface Recall {
  /** By name. */
  readonly clients: readonly ClientRecall[];
  /** Jobs of the version that were for no client, by purpose. */
  readonly left_out: Readonly<Record<'conformance' | 'shadow', number>>;
  /** Every version that has run a job of the algorithm in that time. */
  readonly versions: readonly string[];
}

/** What a record is to a recall. Pure. */
export function roleIn(record: RecalledRecord, { version, digest }: RecallOrder): 'made' | 'unfinished' | 'left out' | undefined {
  if (record.ran_version !== version || (digest !== undefined && record.image_digest !== digest)) return undefined;
  const open = isOpen(record.state);
  if (!open && !hasLeft(record)) return undefined;
  if (record.purpose !== 'clinical') return 'left out';
  return open ? 'unfinished' : 'made';
}

/** That nothing was found is a result too; and a PACS may have some objects of a job that failed. */
function hasLeft({ outcome, results = [], pacs_delivery }: RecalledRecord): boolean {
  return outcome !== undefined || results.length > 0 || (pacs_delivery?.stored ?? 0) > 0;
}

export function recalledJob(record: RecalledRecord): RecalledJob {
  const { client_id, job_id, state, pacs, accepted_at, results = [], pacs_delivery } = record;
  return {
    ...{
      client_id,
      job_id,
      state,
      study_uid: pacs.study_uid,
      series_uid: pacs.series_uid ?? null,
      instance_uid: pacs.instance_uid ?? null,
    },
    ...{ source: pacs.source ?? null, accepted_at, ended_at: record.finished_at ?? null, image_digest: record.image_digest ?? null },
    ...{ outcome: record.outcome ?? null, outcome_reason: record.outcome_reason ?? null },
    results: results.map(({ name, key, sha256 }) => ({ name, key, sha256 })),
    delivered: pacs_delivery
      ? { pacs: pacs_delivery.pacs, state: pacs_delivery.state, stored: pacs_delivery.stored, failed: pacs_delivery.failed }
      : null,
  };
}

/** A job as bytes, about 1 KB: a hundred thousand of them fit into any machine, and nothing is written to a disk. */
export class Kept {
  readonly #bytes: Buffer;
  /** Its place among the client's jobs. */
  readonly order: string;

  constructor(job: RecalledJob) {
    this.order = `${job.accepted_at} ${job.job_id}`;
    this.#bytes = Buffer.from(JSON.stringify(job));
  }

  get job(): RecalledJob {
    return JSON.parse(this.#bytes.toString());
  }
}

/** Reads all of them before anything is told: a recall is whole, or it throws what reading threw. */
export async function gatherRecall(records: AsyncIterable<RecalledRecord>, order: RecallOrder): Promise<Recall> {
  const clients = new Map<string, { made: Kept[]; unfinished: Kept[]; studies: Set<string> }>();
  const left_out = { conformance: 0, shadow: 0 };
  const versions = new Set<string>();
  for await (const record of records) {
    if (record.ran_version !== undefined) versions.add(record.ran_version);
    const role = roleIn(record, order);
    if (role === undefined) continue;
    if (role === 'left out') {
      left_out[record.purpose as keyof typeof left_out] += 1;
      continue;
    }
    const own = clients.get(record.client_id) ?? { made: [], unfinished: [], studies: new Set() };
    own[role].push(new Kept(recalledJob(record)));
    own.studies.add(record.pacs.study_uid);
    clients.set(record.client_id, own);
  }
  const told = [...clients].map(([client_id, { made, unfinished, studies }]) => ({
    ...{ client_id, studies: studies.size, made: inOrder(made), unfinished: inOrder(unfinished) },
  }));
  return { clients: told.sort((a, b) => compare(a.client_id, b.client_id)), left_out, versions: [...versions].sort() };
}

function inOrder(kept: readonly Kept[]): readonly Kept[] {
  return kept.toSorted((a, b) => compare(a.order, b.order));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
