import type { FastifyReply, FastifyRequest } from 'fastify';
import { ByteSource } from '../pixels/byte-source.ts';
import { StoredFrames } from '../pixels/stored-frames.ts';
import type { Context } from '../ports.ts';
import type { InstanceRow, StoredMetadata } from '../rows.ts';
import { readMetadata } from '../stored-metadata.ts';
import { missing, NOT_HERE, readInstanceUids, untilClosed } from './place.ts';

/** The instance that a path names, and its bytes. */
export interface FoundInstance {
  readonly row: InstanceRow;
  readonly metadata: StoredMetadata;
  readonly source: ByteSource;
}

/** @throws {Problem} 404 */
export async function findInstance(request: FastifyRequest, reply: FastifyReply, { index, objects }: Context): Promise<FoundInstance> {
  const row = (await index.instance(readInstanceUids(request))) ?? missing(NOT_HERE.instance);
  const metadata = await readMetadata(row, objects);
  return { row, metadata, source: new ByteSource(objects, row, metadata, untilClosed(reply)) };
}

/** @throws {Problem} 404 without pixels. @throws {Undecodable} */
export function framesOf({ row, metadata, source }: FoundInstance): StoredFrames {
  if (!metadata.pixels) missing('This instance has no pixels.');
  return new StoredFrames(row, metadata, source);
}
