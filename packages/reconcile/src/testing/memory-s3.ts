/** Buckets in memory, as far as reconcile writes into them and reads from them. */

import { type GetObjectCommandInput, NoSuchKey, type PutObjectCommandInput } from '@aws-sdk/client-s3';
import { type Operations, refuse } from './world.ts';

export class MemoryS3 {
  /** Bodies by `bucket/key`; bytes as Latin 1. */
  readonly objects = new Map<string, string>();

  readonly operations: Operations = {
    PutObject: ({ Bucket = '', Key = '', Body }: PutObjectCommandInput) => {
      this.objects.set(`${Bucket}/${Key}`, Body instanceof Uint8Array ? Buffer.from(Body).toString('latin1') : String(Body));
      return {};
    },
    GetObject: ({ Bucket = '', Key = '' }: GetObjectCommandInput) => {
      const body = this.objects.get(`${Bucket}/${Key}`) ?? refuse(NoSuchKey, 'The specified key does not exist.');
      return { Body: [Uint8Array.from(Buffer.from(body, 'latin1'))] }; // read chunk by chunk, as a stream is
    },
  };
}
