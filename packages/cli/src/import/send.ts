/** Sends files to an image store by STOW-RS: in requests of a bounded size, a few at a time, each outcome told for its file. */
import { stat } from 'node:fs/promises';
import { type InstanceUids, NotStored, readFileUids, type StowClient, UnreadableDicom } from '@mip/image-store';
import pRetry from 'p-retry';
import { entryOf, type Journal } from './journal.ts';

/** What became of one file. `already`: an earlier import stored it, and it was not sent again. */
export type Imported = { readonly file: string } & (
  | { readonly uids: InstanceUids; readonly already?: true }
  | { readonly refused: string }
);

export interface ImportOptions {
  readonly store: Pick<StowClient, 'store'>;
  readonly journal: Pick<Journal, 'has' | 'add'>;
  /** Called after each request, with all that is known. */
  readonly progress: (done: readonly Imported[]) => void;
  /** Milliseconds before a request that failed is sent again for the first time; doubled each time. */
  readonly pause?: number;
}

/** The server cannot be reached, or refuses requests as a whole; what was stored before stays stored, and is in the journal. */
export class ImportStopped extends Error {
  override readonly name = 'ImportStopped';
  readonly done: readonly Imported[];

  constructor(done: readonly Imported[], cause: unknown) {
    super(cause instanceof NotStored ? cause.message : 'the image store cannot be reached', { cause });
    this.done = done;
  }
}

interface Found {
  readonly file: string;
  readonly size: number;
  /** Of the journal, as the file was when it was looked at. */
  readonly entry: string;
  readonly uids: InstanceUids;
}

const FILES_AT_ONCE = 100;
const BYTES_AT_ONCE = 64 << 20;
const REQUESTS_AT_ONCE = 2;
const TRIES = 4;
/** Worth another try: the server is busy, or cannot do its work now. */
const PASSING: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/**
 * @returns an outcome for each file, in their order.
 * @throws {ImportStopped} when the server does not take requests any more.
 */
export async function importFiles(files: readonly string[], options: ImportOptions): Promise<readonly Imported[]> {
  const outcomes = new Map<string, Imported>();
  const done = () => files.flatMap((file) => outcomes.get(file) ?? []);
  const send = async (batch: readonly Found[]) => {
    for (const one of await sendBatch(batch, options)) outcomes.set(one.file, one);
    options.progress(done());
  };
  const waiting = batches(files, options.journal, outcomes);
  const sender = async () => {
    // A generator gives one batch to whoever asks next: no more is read than is about to be sent.
    for (let next = await waiting.next(); !next.done; next = await waiting.next()) await send(next.value);
  };
  const ended = await Promise.allSettled(Array.from({ length: REQUESTS_AT_ONCE }, sender));
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed) throw new ImportStopped(done(), failed.reason);
  return done();
}

/** What is to be sent, a request at a time. No request has one UID twice: its answer knows instances by their UIDs. */
async function* batches(
  files: readonly string[],
  journal: ImportOptions['journal'],
  outcomes: Map<string, Imported>,
): AsyncGenerator<readonly Found[]> {
  let batch = new Map<string, Found>();
  let bytes = 0;
  for (const file of files) {
    const found = await look(file);
    if ('refused' in found) outcomes.set(file, found);
    else if (journal.has(found.entry)) outcomes.set(file, { file, uids: found.uids, already: true });
    else {
      const isFull = batch.size >= FILES_AT_ONCE || bytes + found.size > BYTES_AT_ONCE;
      if (batch.size > 0 && (isFull || batch.has(found.uids.instance))) {
        yield [...batch.values()];
        batch = new Map();
        bytes = 0;
      }
      batch.set(found.uids.instance, found);
      bytes += found.size;
    }
  }
  if (batch.size > 0) yield [...batch.values()];
}

/** The UIDs from the head of a file; or why it is not sent at all. */
async function look(file: string): Promise<Found | (Imported & { readonly refused: string })> {
  try {
    const stats = await stat(file);
    return { file, size: stats.size, entry: entryOf(file, stats), uids: await readFileUids(file) };
  } catch (error) {
    if (error instanceof UnreadableDicom) return { file, refused: `it ${error.message}` };
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return { file, refused: code === 'EACCES' ? 'it may not be read' : `it cannot be read (${code})` };
  }
}

async function sendBatch(batch: readonly Found[], { store, journal, pause = 1000 }: ImportOptions): Promise<readonly Imported[]> {
  const outcomes = await pRetry(() => store.store(batch), {
    retries: TRIES,
    minTimeout: pause,
    shouldRetry: ({ error }) => !(error instanceof NotStored) || PASSING.has(error.status),
  });
  await journal.add(batch.flatMap(({ entry }, index) => (outcomes[index]?.refused ? [] : [entry])));
  return batch.map(({ file, uids }, index) => {
    const refused = outcomes[index]?.refused;
    return refused ? { file, refused: refused.message } : { file, uids };
  });
}
