/** Buckets in memory, as far as reconcile writes into them. */

import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import { LIMITS } from '@mip/registry/limits';
import type { Operations } from './world.ts';

export class MemoryS3 {
  /** Bodies by `bucket/key`. */
  readonly objects = new Map<string, string>();

  readonly operations: Operations = {
    PutObject: ({ Bucket = '', Key = '', Body }: PutObjectCommandInput) => {
      const { max, pattern } = LIMITS.s3.bucketName;
      if (Bucket.length > max || !pattern.test(Bucket)) throw new Error(`InvalidBucketName: ${Bucket}`);
      if (Key === '' || Buffer.byteLength(Key) > 1024) throw new Error(`KeyTooLongError: ${Key}`);
      this.objects.set(`${Bucket}/${Key}`, String(Body));
      return {};
    },
  };
}
