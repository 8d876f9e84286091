/** Objects of S3, as bytes. */

import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

type S3 = Pick<S3Client, 'send'>;

/** Replaces what is there. */
export async function putBytes(s3: S3, Bucket: string, Key: string, Body: Uint8Array): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/dicom' }));
}

/** @throws what S3 throws where there is no such object. */
export async function getBytes(s3: S3, Bucket: string, Key: string): Promise<Uint8Array> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  const chunks: Uint8Array[] = [];
  for await (const chunk of (Body ?? []) as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
