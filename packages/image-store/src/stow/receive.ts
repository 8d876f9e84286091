/** One instance on its way from the client to its object: read, hashed and passed on as it comes. */
import { createHash, randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { imageKey } from '@mip/registry/image-keys';
import { InstanceReader, type InstanceUids } from '../dicom/instance-reader.ts';
import { TooLarge, UnreadableDicom } from '../dicom/unreadable.ts';
import { isUnavailable } from '../middleware/unavailable.ts';
import { type NewInstance, newInstance } from '../new-instance.ts';
import type { PartUpload } from '../objects.ts';
import type { Context } from '../ports.ts';
import type { StoredMetadata } from '../rows.ts';
import { SLAB_BYTES, type Slabs } from '../slabs.ts';
import { type Failure, REASONS } from './outcome.ts';

const DICOM = 'application/dicom';

/** Parts of one upload on their way; another is being filled. */
const PARTS_AT_ONCE = 2;
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

export interface ReceiverOptions {
  /** The only study that is let in; any without it. */
  readonly study: string | undefined;
  /** Shared by all requests of the process. */
  readonly slabs: Slabs;
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

/** Reads one part to its end. What fits into a slab is put in one call; larger instances go on in parts while they come. */
export class Receiver {
  readonly #context: Context;
  readonly #options: ReceiverOptions;
  readonly #reader = new InstanceReader();
  readonly #hash = createHash('sha256');
  readonly #puts = new Set<string>();
  #size = 0;
  /** Held until they are in S3. */
  readonly #slabs = new Set<Buffer>();
  #slab: Buffer | undefined;
  #filled = 0;
  #upload: PartUpload | undefined;
  readonly #adding = new Set<Promise<void>>();
  #failure: unknown;
  #key = '';

  constructor(context: Context, options: ReceiverOptions) {
    this.#context = context;
    this.#options = options;
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
      await this.#keep(chunk);
    }
  }

  /** Copies into slabs: a chunk of the socket that is kept costs more than its copy. */
  async #keep(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      if (this.#slab && this.#filled === this.#slab.length) await this.#addPart(this.#slab);
      if (!this.#slab) {
        this.#slab = await this.#options.slabs.take();
        this.#slabs.add(this.#slab);
      }
      const copied = chunk.copy(this.#slab, this.#filled, at);
      this.#filled += copied;
      at += copied;
    }
  }

  /** Sends what is in the slab, and lets go of it when S3 has it. */
  async #addPart(slab: Buffer): Promise<void> {
    this.#upload ??= await this.#begin();
    while (this.#adding.size >= PARTS_AT_ONCE) await Promise.race(this.#adding);
    if (this.#failure !== undefined) throw this.#failure;
    const added: Promise<void> = this.#upload
      .add(slab.subarray(0, this.#filled))
      .catch((error) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#adding.delete(added);
        this.#release(slab);
      });
    this.#adding.add(added);
    this.#slab = undefined;
    this.#filled = 0;
  }

  #begin(): Promise<PartUpload> {
    const uids = uidsOf(this.#reader);
    if (!uids) throw new TooLarge(`has no UIDs within its first ${SLAB_BYTES} bytes`);
    this.#check(uids);
    return this.#context.objects.upload(this.#ownKey(uids), { contentType: DICOM });
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
    const { uids, sopClass, transferSyntax, metadata: whole } = this.#reader;
    const sha256 = this.#hash.digest('hex');
    const key = this.#ownKey(uids);
    // One after the other: what fails leaves nothing running.
    const metadata = await this.#metadata(key, whole);
    await this.#putObject(key, sha256);
    const stored = { uids, sopClass, transferSyntax, key, size: this.#size, sha256, dataset: whole.dataset, metadata };
    return newInstance(this.#context.imagesKey, stored, new Date());
  }

  async #putObject(key: string, sha256: string): Promise<void> {
    if (!this.#slab) throw new Error('an instance without bytes cannot come here');
    if (!this.#upload) await this.#context.objects.put(key, this.#slab.subarray(0, this.#filled), { contentType: DICOM, sha256 });
    else {
      await this.#addPart(this.#slab);
      await Promise.all(this.#adding);
      if (this.#failure !== undefined) throw this.#failure;
      await this.#upload.complete();
    }
    this.#releaseAll();
  }

  /** For the row, or the key of an object where it is too large for one. */
  async #metadata(key: string, whole: StoredMetadata): Promise<Uint8Array | string> {
    const zipped = await compress(JSON.stringify(whole), { level: 3 });
    if (zipped.length <= LARGEST_IN_ROW) return zipped;
    const own = key.replace(/\.dcm$/, '.json.gz');
    this.#puts.add(own);
    await this.#context.objects.put(own, zipped, { contentType: 'application/gzip' });
    return own;
  }

  #check({ study }: InstanceUids): void {
    const only = this.#options.study;
    if (only !== undefined && study !== only) throw new OtherStudy('is of another study than the URL names');
  }

  /** Ends an upload that has begun, and waits until nothing is left of it. */
  async #abandon(): Promise<void> {
    this.#reader.destroy();
    await Promise.all(this.#adding);
    await this.#upload?.abort().catch(() => undefined);
    this.#releaseAll();
    await this.#discard();
  }

  #release(slab: Buffer): void {
    if (this.#slabs.delete(slab)) this.#options.slabs.give(slab);
  }

  #releaseAll(): void {
    this.#slab = undefined;
    for (const slab of this.#slabs) this.#release(slab);
  }

  async #discard(): Promise<void> {
    await Promise.allSettled([...this.#puts].map((key) => this.#context.objects.delete(key)));
  }

  #ownKey(uids: InstanceUids): string {
    if (this.#key === '') {
      this.#key = imageKey(this.#context.imagesKey, uids, randomUUID());
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
