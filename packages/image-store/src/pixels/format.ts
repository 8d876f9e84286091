/** What the attributes of an image say about its pixels: PS3.3 §C.7.6.3. Pure. */
import type { JsonDataSet } from '../dicom/json.ts';

export interface PixelFormat {
  readonly rows: number;
  readonly columns: number;
  readonly samples: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly signed: boolean;
  readonly photometric: string;
  /** 1: all of one colour, then all of the next. */
  readonly planar: number;
  readonly frames: number;
  /** Float or Double Float Pixel Data. */
  readonly float: boolean;
  /** Of the pixel data as stored; it decides about the order of bytes in big-endian files. */
  readonly vr: string;
}

/** Pixels that cannot be had in the form asked for; `message` says why, without a value of the image. */
export class Undecodable extends Error {
  override readonly name = 'Undecodable';
}

/** @throws {Undecodable} when something needed is missing or makes no sense. */
export function readFormat(dataset: JsonDataSet, tag: string): PixelFormat {
  const count = (name: string, id: string, fallback?: number) => {
    const value = Number(dataset[id]?.Value?.[0] ?? fallback);
    if (!Number.isSafeInteger(value) || value < 0 || value > 0xffffffff) throw new Undecodable(`its ${name} cannot be read`);
    return value;
  };
  const float = tag !== '7FE00010';
  const bitsAllocated = count('Bits Allocated', '00280100', tag === '7FE00009' ? 64 : float ? 32 : undefined);
  const format = {
    rows: count('Rows', '00280010'),
    columns: count('Columns', '00280011'),
    samples: count('Samples per Pixel', '00280002', 1),
    bitsAllocated,
    bitsStored: count('Bits Stored', '00280101', bitsAllocated),
    signed: count('Pixel Representation', '00280103', 0) === 1,
    photometric: String(dataset['00280004']?.Value?.[0] ?? ''),
    planar: count('Planar Configuration', '00280006', 0),
    // An odd value, as "1A", is read as far as it is a number; without one it is a single frame.
    frames: Math.max(1, Number.parseInt(String(dataset['00280008']?.Value?.[0] ?? 1), 10) || 1),
    float,
    vr: dataset[tag]?.vr ?? 'OW',
  };
  check(format);
  return format;
}

function check(format: PixelFormat): void {
  const { rows, columns, samples, bitsAllocated, bitsStored } = format;
  if (rows === 0 || columns === 0) throw new Undecodable('it has no rows or no columns');
  if (samples !== 1 && samples !== 3) throw new Undecodable('its number of samples per pixel is neither 1 nor 3');
  if (![1, 8, 16, 32, 64].includes(bitsAllocated)) throw new Undecodable('its Bits Allocated is none of 1, 8, 16, 32 and 64');
  if (bitsStored < 1 || bitsStored > bitsAllocated) throw new Undecodable('its Bits Stored is more than its Bits Allocated');
}

/** Bits of one frame, uncompressed. Two pixels of YBR_FULL_422 share their colour. */
export function frameBits({ rows, columns, samples, bitsAllocated, photometric }: PixelFormat): number {
  const perPixel = photometric === 'YBR_FULL_422' ? 2 : samples;
  return rows * columns * perPixel * bitsAllocated;
}

/** The format of a frame after its decoding: samples of a pixel side by side, no colours shared, no colour transform of the codec left. */
export function decodedFormat(format: PixelFormat): PixelFormat {
  const { photometric } = format;
  const plain = photometric === 'YBR_FULL_422' ? 'YBR_FULL' : /^YBR_(ICT|RCT)$/.test(photometric) ? 'RGB' : photometric;
  return { ...format, photometric: plain, planar: 0, vr: format.bitsAllocated > 8 ? 'OW' : 'OB' };
}
