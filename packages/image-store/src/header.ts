import { open } from 'node:fs/promises';
import { InstanceReader, type InstanceUids } from './dicom/instance-reader.ts';
import { TooLarge, UnreadableDicom } from './dicom/unreadable.ts';

export type { InstanceUids } from './dicom/instance-reader.ts';
export { UnreadableDicom } from './dicom/unreadable.ts';

/** Preamble and magic word. */
const SHORTEST = 132;
/** The UIDs of a file lie within so much of it. */
const HEAD_BYTES = 1 << 20;

/**
 * Reads the three UIDs from the bytes of a DICOM Part 10 file, or from enough of its beginning.
 * @throws {UnreadableDicom} when the bytes are not DICOM or a UID is missing or malformed.
 */
export async function readUids(bytes: Uint8Array): Promise<InstanceUids> {
  if (bytes.length < SHORTEST) throw new UnreadableDicom('is not a DICOM file: it is too short');
  const reader = new InstanceReader();
  try {
    await reader.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return await uidsOf(reader);
  } catch (error) {
    if (error instanceof TooLarge) throw new UnreadableDicom(error.message);
    throw error;
  } finally {
    reader.destroy();
  }
}

/** The same from the beginning of a file on disk. */
export async function readFileUids(path: string): Promise<InstanceUids> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return await readUids(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** What is wrong with the file as a whole says more than that a UID is missing. */
async function uidsOf(reader: InstanceReader): Promise<InstanceUids> {
  try {
    return reader.uids;
  } catch (error) {
    await reader.end();
    throw error;
  }
}
