import type { Readable } from 'node:stream';
import { DeleteObjectCommand, GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';

/** S3's smallest part of a multipart upload. */
export const PART_BYTES = 5 * 1024 * 1024;
/** Parts of one upload in flight; with one being gathered, three are in memory. */
const PARTS_AT_ONCE = 2;

/** A range of an object, in bytes. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

export interface PutOptions {
  readonly contentType: string;
  /** Of the whole body in hex, where it is known before: S3 compares. */
  readonly sha256?: string;
  readonly signal?: AbortSignal;
}

/** The images bucket: objects as streams, never whole. */
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
  async put(key: string, body: Uint8Array, { contentType, sha256, signal }: PutOptions): Promise<void> {
    const ChecksumSHA256 = sha256 && Buffer.from(sha256, 'hex').toString('base64');
    await this.#s3.send(
      new PutObjectCommand({
        ...{ Bucket: this.#bucket, Key: key, Body: body, ContentType: contentType },
        ...(ChecksumSHA256 && { ChecksumSHA256 }),
      }),
      signal && { abortSignal: signal },
    );
  }

  /** Puts a stream of any length, part by part; it is read only as fast as S3 takes it. What fails or is aborted leaves nothing behind. */
  async putStream(key: string, body: Readable, { contentType, signal }: PutOptions): Promise<void> {
    const upload = new Upload({
      client: this.#s3,
      params: { Bucket: this.#bucket, Key: key, Body: body, ContentType: contentType },
      partSize: PART_BYTES,
      queueSize: PARTS_AT_ONCE,
      leavePartsOnError: false,
    });
    const abort = () => void upload.abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await upload.done();
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Deleting what is not there is no error. */
  async delete(key: string): Promise<void> {
    await this.#s3.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }));
  }
}
