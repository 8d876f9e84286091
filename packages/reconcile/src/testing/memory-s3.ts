/** Buckets in memory, as far as reconcile writes into them. */

import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import type { Operations } from './world.ts';

export class MemoryS3 {
  /** Bodies by `bucket/key`. */
  readonly objects = new Map<string, string>();

  readonly operations: Operations = {
    PutObject: ({ Bucket = '', Key = '', Body }: PutObjectCommandInput) => {
      this.objects.set(`${Bucket}/${Key}`, String(Body));
      return {};
    },
  };
}
