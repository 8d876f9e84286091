/**
 * A task's log, as the `awslogs` driver ships it: what the process appends to its file goes to CloudWatch Logs a moment later, line by
 * line. The process writes to the file alone and waits for nothing; the file is the buffer, so a log that cannot be shipped costs no memory.
 */
import { type FileHandle, open } from 'node:fs/promises';
import {
  type CloudWatchLogsClient,
  CreateLogStreamCommand,
  type InputLogEvent,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
} from '@aws-sdk/client-cloudwatch-logs';
import { LIMITS } from '@mip/registry/limits';

export interface TaskLogOptions {
  readonly client: Pick<CloudWatchLogsClient, 'send'>;
  readonly file: string;
  readonly group: string;
  readonly stream: string;
  /** Bytes of the file that were there before, and are not shipped. */
  readonly from?: number;
  readonly now?: () => number;
}

/** Read at once, well below what one call takes; a line that is longer is cut here. */
const PIECE_BYTES = 128 * 1024;
/** What is further behind than this is left out, and that is said. */
const MOST_BEHIND_BYTES = 8 * 1024 * 1024;

export class TaskLog {
  readonly #options: TaskLogOptions;
  /** What of the file was shipped. */
  #offset: number;
  #made = false;
  #shipping: Promise<void> | undefined;

  constructor(options: TaskLogOptions) {
    this.#options = options;
    this.#offset = options.from ?? 0;
  }

  /** Ships what has come since; one that runs already is waited for. Never rejects: what did not go goes with the next. */
  ship({ last = false } = {}): Promise<void> {
    const before = this.#shipping ?? Promise.resolve();
    const own = (last || !this.#shipping ? before.then(() => this.#ship(last)) : before).catch(() => undefined);
    this.#shipping = own;
    void own.then(() => {
      if (this.#shipping === own) this.#shipping = undefined;
    });
    return own;
  }

  async #ship(last: boolean): Promise<void> {
    const file = await open(this.#options.file, 'r');
    try {
      for (;;) {
        const { events, next } = await this.#read(file, last);
        if (next === this.#offset) return;
        await this.#put(events);
        this.#offset = next;
      }
    } finally {
      await file.close();
    }
  }

  /** Whole lines from where the last ones ended; half a line only of a process that writes no more, or when it is too long. */
  async #read(file: FileHandle, last: boolean): Promise<{ events: readonly string[]; next: number }> {
    const { size } = await file.stat();
    const left = size - this.#offset;
    if (left > MOST_BEHIND_BYTES)
      return { events: [`(${left} bytes of this log were left out: they are in ${this.#options.file})`], next: size };
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(left, PIECE_BYTES)), 0, undefined, this.#offset);
    const piece = buffer.subarray(0, bytesRead);
    const end = piece.lastIndexOf(0x0a) + 1;
    const taken = end > 0 ? end : last || bytesRead === PIECE_BYTES ? bytesRead : 0;
    const lines = piece.subarray(0, taken).toString('utf8').split('\n');
    return { events: lines.filter((line) => line.trim() !== ''), next: this.#offset + taken };
  }

  async #put(lines: readonly string[]): Promise<void> {
    const { client, group: logGroupName, stream: logStreamName, now = Date.now } = this.#options;
    if (lines.length === 0) return;
    if (!this.#made) await this.#make();
    this.#made = true;
    const timestamp = now();
    const events: InputLogEvent[] = lines.map((message) => ({ timestamp, message }));
    for (let at = 0; at < events.length; at += LIMITS.logs.putEvents)
      await client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents: events.slice(at, at + LIMITS.logs.putEvents) }));
  }

  async #make(): Promise<void> {
    const { client, group: logGroupName, stream: logStreamName } = this.#options;
    await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName })).catch((error) => {
      if (!(error instanceof ResourceAlreadyExistsException)) throw error;
    });
  }
}
