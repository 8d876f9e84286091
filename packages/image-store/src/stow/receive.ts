/** One instance on its way from the client to its object: read, hashed and passed on as it comes. */
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { InstanceReader, type InstanceUids } from '../dicom/instance-reader.ts';
import { TooLarge, UnreadableDicom } from '../dicom/unreadable.ts';
import { isUnavailable } from '../middleware/unavailable.ts';
import { hashesOf, type NewInstance, newInstance } from '../new-instance.ts';
import { PART_BYTES } from '../objects.ts';
import type { Context } from '../ports.ts';
import type { StoredMetadata } from '../rows.ts';
import { type Failure, REASONS } from './outcome.ts';

const DICOM = 'application/dicom';

/** The UIDs come within the first kilobytes; who hides them behind more than this is refused. */
const MOST_BEFORE_UIDS = 4 * PART_BYTES;
/** Of a row, with room for its other attributes: DynamoDB takes 400 KB. */
const LARGEST_IN_ROW = 100_000;
const compress = promisify(gzip);

/** The part did not come to its end: the client went, or the multipart body breaks off. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** A part that is not stored; nothing is left of it. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly failure: Failure;

  constructor(failure: Failure, cause: unknown) {
    super(failure.comment, { cause });
    this.failure = failure;
  }
}

/** The instance is of another study than the URL names. */
class OtherStudy extends Error {
  override readonly name = 'OtherStudy';
}

/** An instance that was read to its end. `store` puts what is not yet in its place. */
export interface Received {
  readonly uids: InstanceUids;
  readonly sopClass: string;
  /** @throws {Refused} */
  store(): Promise<NewInstance>;
  /** Deletes its objects. */
  discard(): Promise<void>;
}

/** Reads one part to its end. Small instances are held and put in one call, larger ones pass through in parts. */
export class Receiver {
  readonly #context: Context;
  readonly #study: string | undefined;
  readonly #reader = new InstanceReader();
  readonly #hash = createHash('sha256');
  readonly #aborted = new AbortController();
  readonly #puts = new Set<string>();
  #size = 0;
  #held: Buffer[] = [];
  #streaming: { readonly body: PassThrough; readonly done: Promise<void> } | undefined;
  #key = '';

  /** @param study the only study that is let in; any without it. */
  constructor(context: Context, study: string | undefined) {
    this.#context = context;
    this.#study = study;
  }

  /**
   * @throws {Refused} when it is not to be stored; the part was read to its end all the same, for the next comes after it.
   * @throws {Interrupted} when there is no end.
   */
  async receive(part: Readable): Promise<Received> {
    try {
      await this.#readAll(part);
      await this.#reader.end();
      this.#reader.checkPixels();
      this.#check(this.#reader.uids);
    } catch (error) {
      await this.#abandon();
      if (part.errored) throw new Interrupted('the part has no end', { cause: error });
      await drain(part);
      throw this.#refusal(error);
    }
    const { uids, sopClass } = this.#reader;
    return { uids, sopClass, store: () => this.#store(), discard: () => this.#discard() };
  }

  /** What is known of it by now, with the reason that an error amounts to. */
  #refusal(error: unknown): Refused {
    const known = { uids: uidsOf(this.#reader), sopClass: this.#reader.sopClass };
    return new Refused({ ...known, ...reasonOf(error) }, error);
  }

  async #readAll(part: Readable): Promise<void> {
    // Not by the stream's own iterator: leaving that early destroys the stream.
    for await (const chunk of part.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      this.#size += chunk.length;
      const { maxInstanceBytes } = this.#context;
      if (this.#size > maxInstanceBytes) throw new TooLarge(`is larger than ${maxInstanceBytes} bytes`);
      this.#hash.update(chunk);
      const wait = this.#reader.push(chunk);
      if (wait) await wait;
      await this.#pass(chunk);
    }
  }

  async #pass(chunk: Buffer): Promise<void> {
    if (this.#streaming) {
      const { body, done } = this.#streaming;
      // A failed upload ends the wait, too.
      if (!body.write(chunk))
        await Promise.race([once(body, 'drain'), done.then(() => Promise.reject(new Error('the upload ended early')))]);
      return;
    }
    this.#held.push(chunk);
    if (this.#size > PART_BYTES) this.#startStreaming();
  }

  #startStreaming(): void {
    const uids = uidsOf(this.#reader);
    if (!uids) {
      if (this.#size > MOST_BEFORE_UIDS) throw new TooLarge('has no UIDs within its first 20 MiB');
      return;
    }
    this.#check(uids);
    const body = new PassThrough();
    body.on('error', () => undefined); // told by `done`
    const done = this.#context.objects.putStream(this.#ownKey(uids), body, { contentType: DICOM, signal: this.#aborted.signal });
    done.catch((error) => body.destroy(error));
    this.#streaming = { body, done };
    for (const chunk of this.#held) body.write(chunk);
    this.#held = [];
  }

  async #store(): Promise<NewInstance> {
    try {
      const [instance, elsewhere] = await Promise.all([this.#put(), this.#context.index.isElsewhere(this.#reader.uids)]);
      if (!elsewhere) return instance;
    } catch (error) {
      await this.#abandon();
      throw this.#refusal(error);
    }
    await this.#discard();
    const { uids, sopClass } = this.#reader;
    throw new Refused({ uids, sopClass, reason: REASONS.duplicate, comment: 'has a UID that is known in another series' }, undefined);
  }

  async #put(): Promise<NewInstance> {
    const { objects, imagesKey } = this.#context;
    const { uids, sopClass, transferSyntax, metadata: whole } = this.#reader;
    const sha256 = this.#hash.digest('hex');
    const key = this.#ownKey(uids);
    this.#streaming?.body.end();
    const object = this.#streaming?.done ?? objects.put(key, Buffer.concat(this.#held), { contentType: DICOM, sha256 });
    this.#held = [];
    const [metadata] = await Promise.all([this.#metadata(key, whole), object]);
    const stored = { uids, sopClass, transferSyntax, key, size: this.#size, sha256, dataset: whole.dataset, metadata };
    return newInstance(imagesKey, stored, new Date());
  }

  /** For the row, or the key of an object where it is too large for one. */
  async #metadata(key: string, whole: StoredMetadata): Promise<Uint8Array | string> {
    const zipped = await compress(JSON.stringify(whole));
    if (zipped.length <= LARGEST_IN_ROW) return zipped;
    const own = key.replace(/\.dcm$/, '.json.gz');
    this.#puts.add(own);
    await this.#context.objects.put(own, zipped, { contentType: 'application/gzip' });
    return own;
  }

  #check({ study }: InstanceUids): void {
    if (this.#study !== undefined && study !== this.#study) throw new OtherStudy('is of another study than the URL names');
  }

  /** Ends an upload that has begun, and waits until nothing is left of it. */
  async #abandon(): Promise<void> {
    this.#held = [];
    this.#reader.destroy();
    if (this.#streaming) {
      this.#aborted.abort();
      this.#streaming.body.destroy();
      await this.#streaming.done.catch(() => undefined);
    }
    await this.#discard();
  }

  async #discard(): Promise<void> {
    await Promise.allSettled([...this.#puts].map((key) => this.#context.objects.delete(key)));
  }

  #ownKey(uids: InstanceUids): string {
    if (this.#key === '') {
      const { study, series, instance } = hashesOf(this.#context.imagesKey, uids);
      this.#key = `instances/${study}/${series}/${instance}/${randomUUID()}.dcm`;
      this.#puts.add(this.#key);
    }
    return this.#key;
  }
}

function uidsOf(reader: InstanceReader): InstanceUids | undefined {
  try {
    return reader.uids;
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): Pick<Failure, 'reason' | 'comment' | 'passing'> {
  if (error instanceof UnreadableDicom) return { reason: REASONS.cannotUnderstand, comment: error.message };
  if (error instanceof TooLarge) return { reason: REASONS.outOfResources, comment: error.message };
  if (error instanceof OtherStudy) return { reason: REASONS.identifierMismatch, comment: error.message };
  return { reason: REASONS.processingFailure, comment: 'could not be stored now', passing: isUnavailable(error) };
}

/** Lets the rest of a refused part pass by. */
async function drain(part: Readable): Promise<void> {
  if (part.readableEnded || part.destroyed) return;
  part.resume();
  await finished(part).catch(() => undefined);
}
