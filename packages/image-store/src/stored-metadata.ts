import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Objects } from './objects.ts';
import type { InstanceRow, StoredMetadata } from './rows.ts';

const inflate = promisify(gunzip);
/** Of the JSON of one instance: what gzip could grow to without an end stops here. */
const MAX_BYTES = 256 * 1024 * 1024;

/** What the index keeps about one instance: from the row, or from the object that the row names where it is large. */
export async function readMetadata(row: InstanceRow, objects: Pick<Objects, 'get'>): Promise<StoredMetadata> {
  const packed = row.metadata ?? (await fetched(row, objects));
  return JSON.parse((await inflate(packed, { maxOutputLength: MAX_BYTES })).toString()) as StoredMetadata;
}

async function fetched({ metadata_key }: InstanceRow, objects: Pick<Objects, 'get'>): Promise<Uint8Array> {
  const body = metadata_key === undefined ? undefined : await objects.get(metadata_key);
  if (!body) throw new Error('a row of the image index has no metadata');
  return buffer(body);
}
