import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip, gunzipSync } from 'node:zlib';
import type { Objects } from './objects.ts';
import { Unreadable } from './pixels/byte-source.ts';
import type { InstanceRow, StoredMetadata } from './rows.ts';

type Packed = Pick<InstanceRow, 'metadata' | 'metadata_key'>;

/** Of the JSON of one instance: what gzip could grow to without an end stops here. */
const MAX_BYTES = 256 * 1024 * 1024;
/** Up to here it takes less time to unpack than to ask a thread for it. */
const SMALL_BYTES = 32 * 1024;

/** What the index keeps about one instance: from the row, or from the object that the row names where it is large. */
export async function readMetadata(row: Packed, objects: Pick<Objects, 'get'>): Promise<StoredMetadata> {
  return JSON.parse(await readText(row, objects)) as StoredMetadata;
}

/** The JSON text of the data set alone. */
export async function readDataset(row: Packed, objects: Pick<Objects, 'get'>): Promise<string> {
  const text = await readText(row, objects);
  // As it is written: what follows the data set has no text in it, so that the last match is the right one.
  const [start, end] = ['{"dataset":', text.lastIndexOf(',"bulk":{')] as const;
  if (text.startsWith(start) && end > 0) return text.slice(start.length, end);
  return JSON.stringify((JSON.parse(text) as StoredMetadata).dataset);
}

async function readText(row: Packed, objects: Pick<Objects, 'get'>): Promise<string> {
  const packed = row.metadata ?? (await fetched(row, objects));
  const limit = { maxOutputLength: MAX_BYTES };
  return (packed.length <= SMALL_BYTES ? gunzipSync(packed, limit) : await promisify(gunzip)(packed, limit)).toString();
}

async function fetched({ metadata_key }: Packed, objects: Pick<Objects, 'get'>): Promise<Uint8Array> {
  const body = metadata_key === undefined ? undefined : await objects.get(metadata_key);
  if (!body) throw new Unreadable('the metadata of an instance is not there');
  return buffer(body);
}
