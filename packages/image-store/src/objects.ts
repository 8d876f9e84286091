import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

/** A range of an object, in bytes. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

export interface PutOptions {
  readonly contentType: string;
  /** Of the whole body in hex, where it is known before: S3 compares. */
  readonly sha256?: string;
}

/** The images bucket: objects as streams and parts, never whole. */
export class Objects {
  readonly #s3: S3Client;
  readonly #bucket: string;

  constructor(s3: S3Client, bucket: string) {
    this.#s3 = s3;
    this.#bucket = bucket;
  }

  /** The bytes, as they come in; undefined without such an object. Read it to its end or destroy it: it holds a connection. */
  async get(key: string, range?: Range, signal?: AbortSignal): Promise<Readable | undefined> {
    const Range = range && `bytes=${range.offset}-${range.offset + range.length - 1}`;
    try {
      const { Body } = await this.#s3.send(
        new GetObjectCommand({ Bucket: this.#bucket, Key: key, ...(Range && { Range }) }),
        signal && { abortSignal: signal },
      );
      return Body as Readable;
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  /** Puts bytes that are in memory, in one call. */
  async put(key: string, body: Uint8Array, { contentType, sha256 }: PutOptions): Promise<void> {
    const ChecksumSHA256 = sha256 && Buffer.from(sha256, 'hex').toString('base64');
    await this.#s3.send(
      new PutObjectCommand({
        ...{ Bucket: this.#bucket, Key: key, Body: body, ContentType: contentType },
        ...(ChecksumSHA256 && { ChecksumSHA256 }),
      }),
    );
  }

  /** Begins an object that comes in parts. End it by `complete` or `abort`. */
  async upload(key: string, { contentType }: PutOptions): Promise<PartUpload> {
    const place = { Bucket: this.#bucket, Key: key };
    const { UploadId } = await this.#s3.send(new CreateMultipartUploadCommand({ ...place, ContentType: contentType }));
    return new PartUpload(this.#s3, { ...place, UploadId });
  }

  /** Deleting what is not there is no error. */
  async delete(key: string): Promise<void> {
    await this.#s3.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }));
  }
}

interface UploadPlace {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string | undefined;
}

/** S3's multipart upload: nothing is seen of the object before `complete`. */
export class PartUpload {
  readonly #s3: S3Client;
  readonly #place: UploadPlace;
  readonly #parts: CompletedPart[] = [];

  constructor(s3: S3Client, place: UploadPlace) {
    this.#s3 = s3;
    this.#place = place;
  }

  /** Adds the next part, in the order of the calls; at least 5 MiB, but for the last. Settles when its bytes are not needed any more. */
  async add(body: Uint8Array): Promise<void> {
    const part: CompletedPart = { PartNumber: this.#parts.length + 1 };
    this.#parts.push(part);
    const { ETag } = await this.#s3.send(new UploadPartCommand({ ...this.#place, PartNumber: part.PartNumber, Body: body }));
    part.ETag = ETag;
  }

  /** After every `add` has settled. */
  async complete(): Promise<void> {
    await this.#s3.send(new CompleteMultipartUploadCommand({ ...this.#place, MultipartUpload: { Parts: this.#parts } }));
  }

  /** Frees the parts; after every `add` has settled. */
  async abort(): Promise<void> {
    await this.#s3.send(new AbortMultipartUploadCommand(this.#place));
  }
}
