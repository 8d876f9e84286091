/** The history of reconcile, from the bucket that it writes one document a run to, `runs/<when it began>-<digest of its plan>.json`. */
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, NoSuchKey, NotFound, type S3Client } from '@aws-sdk/client-s3';

/** As `packages/reconcile/src/history.ts` names them. */
export const RUN_ID = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z-[0-9a-f]{12}$/;

/** What the list shows of a run; what the run's record does not say is absent. */
export interface RunSummary {
  readonly id: string;
  readonly started_at: string;
  readonly state?: string;
  readonly commit?: string;
}

export interface RunPage {
  readonly runs: readonly RunSummary[];
  /** The last one looked at, where there may be more. */
  readonly next?: string;
}

export interface RunHistory {
  /** The newest first. @param before the id of a run: only older ones. */
  page(options: { readonly limit: number; readonly before?: string | undefined }): Promise<RunPage>;
  /** The record as JSON; nothing where there is none. */
  read(id: string): Promise<string | undefined>;
}

/** A record larger than this does not fit a Lambda's answer. */
export const LARGEST_RECORD = 5_000_000;

export class RecordTooLarge extends Error {
  override readonly name = 'RecordTooLarge';
}

const PREFIX = 'runs/';
/** Months without a run that one page walks back over. */
const MONTHS = 24;

/** S3 lists upwards only, so a page goes back month by month; a month has some hundred runs. */
export class S3RunHistory implements RunHistory {
  readonly #s3: Pick<S3Client, 'send'>;
  readonly #bucket: string;
  readonly #now: () => Date;

  constructor(s3: Pick<S3Client, 'send'>, bucket: string, now: () => Date) {
    this.#s3 = s3;
    this.#bucket = bucket;
    this.#now = now;
  }

  async page({ limit, before }: { readonly limit: number; readonly before?: string | undefined }): Promise<RunPage> {
    const oldest = (await this.#list(PREFIX, 1))[0];
    if (oldest === undefined) return { runs: [] };
    const found: string[] = [];
    let month = (before ?? this.#now().toISOString()).slice(0, 7);
    for (let months = 0; months < MONTHS && found.length <= limit && month >= oldest.slice(0, 7); months++) {
      const ids = await this.#list(PREFIX + month);
      found.push(...ids.filter((id) => before === undefined || id < before).toReversed());
      month = monthBefore(month);
    }
    const shown = found.slice(0, limit);
    const runs = await Promise.all(shown.map((id) => this.#summary(id)));
    if (found.length > limit) return { runs, next: shown.at(-1) as string };
    // Nothing is older than that month: an id that sorts after all of the one before it.
    return month < oldest.slice(0, 7) ? { runs } : { runs, next: `${month}-99T99:99:99.999Z-ffffffffffff` };
  }

  async read(id: string): Promise<string | undefined> {
    try {
      const { Body, ContentLength = 0 } = await this.#s3.send(new GetObjectCommand({ Bucket: this.#bucket, Key: keyOf(id) }));
      if (ContentLength > LARGEST_RECORD) throw new RecordTooLarge(id);
      return await Body?.transformToString();
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  /** Ids, upwards. */
  async #list(prefix: string, most?: number): Promise<readonly string[]> {
    const ids: string[] = [];
    let token: string | undefined;
    do {
      const { Contents = [], NextContinuationToken } = await this.#s3.send(
        new ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: prefix,
          ...(token !== undefined && { ContinuationToken: token }),
          ...(most !== undefined && { MaxKeys: most }),
        }),
      );
      ids.push(...Contents.map(({ Key = '' }) => Key.slice(PREFIX.length, -'.json'.length)).filter((id) => RUN_ID.test(id)));
      token = most === undefined ? NextContinuationToken : undefined;
    } while (token !== undefined);
    return ids;
  }

  async #summary(id: string): Promise<RunSummary> {
    const own = { id, started_at: id.slice(0, 24) };
    try {
      const { Metadata = {} } = await this.#s3.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: keyOf(id) }));
      const { state, commit } = Metadata;
      return { ...own, ...(state !== undefined && { state }), ...(commit !== undefined && { commit }) };
    } catch (error) {
      if (error instanceof NotFound) return own; // it went meanwhile
      throw error;
    }
  }
}

function keyOf(id: string): string {
  return `${PREFIX}${id}.json`;
}

/** @param month like `2026-01`. */
function monthBefore(month: string): string {
  return new Date(new Date(`${month}-01T00:00:00Z`).getTime() - 1).toISOString().slice(0, 7);
}
