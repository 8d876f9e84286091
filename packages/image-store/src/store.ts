import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { imageKey } from '@mip/registry/image-keys';
import { type InstanceUids, readUids } from './header.ts';

/** Where instances are put, and found again by the workers. The platform's bucket now; a PACS behind the same interface later. */
export interface ImageStore {
  /**
   * Stores the bytes of one DICOM Part 10 file unchanged. Storing the same file again is harmless.
   * @throws {UnreadableDicom} when the bytes are not DICOM.
   */
  put(bytes: Uint8Array): Promise<InstanceUids>;
}

/** The platform's images bucket. Keys are keyed hashes of the UIDs, so that a listing tells nothing about a patient. */
export class S3ImageStore implements ImageStore {
  readonly #s3: S3Client;
  readonly #bucket: string;
  readonly #key: string;

  /** @param options.key the platform's secret for keyed hashes, as text. */
  constructor(options: { s3: S3Client; bucket: string; key: string }) {
    this.#s3 = options.s3;
    this.#bucket = options.bucket;
    this.#key = options.key;
  }

  async put(bytes: Uint8Array): Promise<InstanceUids> {
    const uids = readUids(bytes);
    await this.#s3.send(
      new PutObjectCommand({
        Bucket: this.#bucket,
        Key: imageKey(this.#key, uids),
        Body: bytes,
        ContentType: 'application/dicom',
      }),
    );
    return uids;
  }
}
