/** An instance as a Part 10 file in Explicit VR Little Endian, frame by frame: what is not pixels is converted, never the whole in memory. */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ByteSource } from '../pixels/byte-source.ts';
import { frameBits, type PixelFormat, Undecodable } from '../pixels/format.ts';
import type { PixelPool } from '../pixels/pool.ts';
import { StoredFrames } from '../pixels/stored-frames.ts';
import { codecOf, DEFLATED, EXPLICIT, encodingOf, isNative } from '../pixels/syntaxes.ts';
import { readAhead } from '../read-ahead.ts';
import type { InstanceRow, StoredMetadata } from '../rows.ts';
import { header, makeElement, toExplicit } from './explicit.ts';
import { readHead } from './meta.ts';

/** What surrounds the pixels has to be converted in one piece. */
const MAX_SURROUNDINGS = 64 * 1024 * 1024;
/** Decoded before they are asked for. */
const FRAMES_AHEAD = 2;
/** `(7FE0,0001)` of the VR OV. Offset tables say nothing about decoded pixels, and come right before them. */
const OFFSET_TABLE = Buffer.from('e07f01004f56', 'hex');

export interface Stored {
  readonly row: InstanceRow;
  readonly metadata: StoredMetadata;
  readonly source: ByteSource;
}

/** Whether `toPart10` can try: a damaged frame shows only when it is decoded. */
export function canTranscode(syntax: string): boolean {
  return isNative(syntax) || codecOf(syntax) !== undefined;
}

/**
 * The first bytes are there when this resolves; the first frame is decoded, so that what cannot be decoded is mostly found here.
 * @throws {Undecodable}
 */
export async function toPart10(stored: Stored, pool: Pick<PixelPool, 'decode'>): Promise<Readable> {
  const { row, metadata, source } = stored;
  if (row.transfer_syntax === EXPLICIT) return source.file();
  if (row.transfer_syntax === DEFLATED) return inflated(stored);
  const frames = metadata.pixels && new StoredFrames(row, metadata, source);
  frames?.checkDecodable();
  const [start, end] = await surroundings(stored, frames);
  if (!frames) return Readable.from([start]);
  const first = frames.codec && (await frames.plain(0, pool));
  return Readable.from(parts({ start, end, frames, first, pool }), { objectMode: false });
}

async function inflated({ row, metadata, source }: Stored): Promise<Readable> {
  const from = metadata.deflated_from ?? row.size;
  const { head } = readHead(await buffer(await source.file(0, from)));
  const dataset = await source.inflated();
  return Readable.from(
    (async function* () {
      yield head;
      yield* dataset;
    })(),
    { objectMode: false },
  );
}

/** Everything before the values of the pixels, with their header, and everything after them. */
async function surroundings({ row, metadata, source }: Stored, frames: StoredFrames | undefined): Promise<readonly [Buffer, Buffer]> {
  const [offset, length] = metadata.pixels?.span ?? [row.size, 0];
  const rest = row.size - offset - length;
  if (offset + rest > MAX_SURROUNDINGS) throw new Undecodable('what it holds beside its pixels is too large to be converted here');
  const before = await buffer(await source.file(0, offset));
  const after = frames && rest > 0 ? await buffer(await source.file(offset + length)) : Buffer.alloc(0);
  const { head, end } = readHead(before);
  const cut = before.lastIndexOf(OFFSET_TABLE);
  const bytes = before.subarray(end, cut > end ? cut : undefined);
  const around = { encoding: encodingOf(row.transfer_syntax), signed: frames?.format.signed ?? false };
  const tag = `x${(metadata.pixels?.tag ?? '').toLowerCase()}`;
  const dataset = convert(() => toExplicit({ bytes, ...around }, replacements(frames), frames && tag));
  const trailing = convert(() => toExplicit({ bytes: withoutDelimiter(after), ...around }));
  return [Buffer.concat([head, dataset, ...(frames ? [pixelHeader(frames, metadata)] : [])]), trailing];
}

function convert(conversion: () => Buffer): Buffer {
  try {
    return conversion();
  } catch {
    throw new Undecodable('its data set is damaged');
  }
}

/** The index may count the delimiter of encapsulated pixels or not. */
function withoutDelimiter(after: Buffer): Buffer {
  return after.toString('hex', 0, 4) === 'feffdde0' ? after.subarray(8) : after;
}

/** What describes the pixels, where decoding changed it. */
function replacements(frames: StoredFrames | undefined): ReadonlyMap<string, Buffer> {
  if (!frames?.codec) return new Map();
  const { photometric, samples } = frames.plainFormat;
  return new Map([
    ['00280004', makeElement('00280004', 'CS', Buffer.from(photometric, 'latin1'))],
    ...(samples > 1 ? ([['00280006', makeElement('00280006', 'US', Buffer.alloc(2))]] as const) : []),
  ]);
}

function pixelHeader(frames: StoredFrames, metadata: StoredMetadata): Buffer {
  const { plainFormat: format } = frames;
  const vr = format.float
    ? format.bitsAllocated === 64
      ? 'OD'
      : 'OF'
    : format.bitsAllocated > 8
      ? 'OW'
      : format.vr === 'OB'
        ? 'OB'
        : 'OW';
  const length = pixelBytes(frames, format);
  if (length > 0xfffffffe) throw new Undecodable('its decoded pixels are more than a data set can hold');
  return header(metadata.pixels?.tag ?? '', vr, length + (length % 2));
}

const pixelBytes = ({ count }: StoredFrames, format: PixelFormat) => Math.ceil((frameBits(format) * count) / 8);

interface Parts {
  readonly start: Buffer;
  readonly end: Buffer;
  readonly frames: StoredFrames;
  /** Decoded; undefined for frames that are numbers already. */
  readonly first: Buffer | undefined;
  readonly pool: Pick<PixelPool, 'decode'>;
}

async function* parts({ start, end, frames, first, pool }: Parts): AsyncGenerator<Buffer> {
  yield start;
  if (first) {
    yield first;
    const others = Array.from({ length: frames.count - 1 }, (_, index) => index + 1);
    yield* readAhead(others, FRAMES_AHEAD, (index) => frames.plain(index, pool));
  } else yield* frames.numbers();
  if (pixelBytes(frames, frames.plainFormat) % 2 === 1) yield Buffer.alloc(1);
  yield end;
}
