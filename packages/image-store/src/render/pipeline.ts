/** What an image says about how it is shown, read from its DICOM JSON. Pure. */

import type { JsonDataSet, JsonElement } from '../dicom/json.ts';
import { type PixelFormat, Undecodable } from '../pixels/format.ts';
import { expand } from './palette.ts';
import type { Lut, Window, WindowFunction } from './window.ts';

export interface Display {
  readonly slope: number;
  readonly intercept: number;
  readonly modalityLut?: Lut;
  readonly voiLut?: Lut;
  readonly window?: Window;
  /** Stored values that are no image: both ends included. */
  readonly padding?: readonly [from: number, to: number];
  /** The least value is the brightest. */
  readonly inverted: boolean;
  /** Red, green, blue. */
  readonly palette?: readonly Lut[];
}

/** Binary values by their tag path (`00283000/0/00283006`), where the data set itself does not hold them; little-endian. */
export type Binaries = ReadonlyMap<string, Buffer>;

/** @throws {Undecodable} */
export function readDisplay(dataset: JsonDataSet, format: PixelFormat, binaries: Binaries): Display {
  const modalityLut = readLut(dataset, '00283000', { format, binaries });
  // What the Modality LUT puts out is unsigned; otherwise the VOI LUT takes what is stored.
  const voiLut = readLut(dataset, '00283010', { format: modalityLut ? { ...format, signed: false } : format, binaries });
  const window = readWindow(dataset);
  const padding = readPadding(dataset, format);
  return {
    slope: number(dataset, '00281053') ?? 1,
    intercept: number(dataset, '00281052') ?? 0,
    inverted: format.photometric === 'MONOCHROME1' || text(dataset, '20500020') === 'INVERSE',
    ...(modalityLut && { modalityLut }),
    ...(voiLut && { voiLut }),
    ...(window && { window }),
    ...(padding && { padding }),
    ...(format.photometric === 'PALETTE COLOR' && { palette: readPalette(dataset, { format, binaries }) }),
  };
}

/** The data set as it is for one frame, counted from 0: an enhanced image keeps its rescale and window in functional groups. */
export function ofFrame(dataset: JsonDataSet, frame: number): JsonDataSet {
  const groups = [dataset['52009229']?.Value?.[0], dataset['52009230']?.Value?.[frame]] as (JsonDataSet | undefined)[];
  const merged: Record<string, JsonElement> = { ...dataset };
  for (const group of groups) {
    // Pixel Value Transformation, Frame VOI LUT.
    for (const sequence of ['00289145', '00289132']) Object.assign(merged, item(group ?? {}, sequence));
  }
  return merged;
}

/** Tag paths of the binary values that `readDisplay` needs and the data set does not hold. */
export function neededBinaries(dataset: JsonDataSet): readonly string[] {
  const paths: string[] = [];
  for (const tag of PALETTE) if (dataset[tag]?.BulkDataURI) paths.push(tag);
  for (const sequence of ['00283000', '00283010']) {
    if (item(dataset, sequence)?.['00283006']?.BulkDataURI) paths.push(`${sequence}/0/00283006`);
  }
  return paths;
}

/** Red, green and blue; plain, or in segments. */
const PALETTE = ['00281201', '00281202', '00281203', '00281221', '00281222', '00281223'];

interface Around {
  readonly format: PixelFormat;
  readonly binaries: Binaries;
}

function readLut(dataset: JsonDataSet, sequence: string, { format, binaries }: Around): Lut | undefined {
  const first = item(dataset, sequence);
  const descriptor = first?.['00283002']?.Value?.map(Number);
  if (!first || !descriptor) return undefined;
  const element = first['00283006'];
  const entries = element?.Value?.map(Number) ?? words(binary(element, binaries.get(`${sequence}/0/00283006`)));
  return lut(descriptor, entries, format.signed);
}

function readPalette(dataset: JsonDataSet, { format, binaries }: Around): readonly Lut[] {
  return ['1', '2', '3'].map((colour) => {
    const descriptor = dataset[`0028110${colour}`]?.Value?.map(Number);
    const count = descriptor?.[0] || 65536;
    const bytesOf = (tag: string) => binary(dataset[tag], binaries.get(tag));
    const plain = bytesOf(`0028120${colour}`);
    const segmented = bytesOf(`0028122${colour}`);
    if (!descriptor || plain.length + segmented.length === 0) throw new Undecodable('its palette is missing');
    if (plain.length === 0) return lut(descriptor, expand(descriptor[2] === 8 ? [...segmented] : words(segmented), count), format.signed);
    // Entries of 8 bits may lie one to a byte.
    return lut(descriptor, plain.length < count * 2 ? [...plain] : words(plain), format.signed);
  });
}

function lut([count = 0, first = 0, bits = 16]: readonly number[], entries: readonly number[], signed: boolean): Lut {
  const length = count || 65536;
  if (entries.length < length) throw new Undecodable('one of its lookup tables is shorter than its descriptor says');
  const from = signed && first > 32767 ? first - 65536 : !signed && first < 0 ? first + 65536 : first;
  return { first: from, entries: entries.slice(0, length), bits };
}

function binary(element: JsonElement | undefined, fetched: Buffer | undefined): Buffer {
  return fetched ?? Buffer.from(element?.InlineBinary ?? '', 'base64');
}

function words(bytes: Buffer): readonly number[] {
  return Array.from({ length: bytes.length >> 1 }, (_, index) => bytes.readUInt16LE(index * 2));
}

const FUNCTIONS: ReadonlySet<string> = new Set<WindowFunction>(['LINEAR', 'LINEAR_EXACT', 'SIGMOID']);

/** The first pair. */
function readWindow(dataset: JsonDataSet): Window | undefined {
  const [center, width] = [number(dataset, '00281050'), number(dataset, '00281051')];
  const named = text(dataset, '00281056') ?? 'LINEAR';
  const kind = (FUNCTIONS.has(named) ? named : 'LINEAR') as WindowFunction;
  if (center === undefined || width === undefined || !(kind === 'LINEAR' ? width >= 1 : width > 0)) return undefined;
  return { center, width, function: kind };
}

function readPadding(dataset: JsonDataSet, { signed, bitsAllocated, float }: PixelFormat): readonly [number, number] | undefined {
  const value = number(dataset, '00280120');
  if (value === undefined || float) return undefined;
  const limit = number(dataset, '00280121') ?? value;
  // Written with the wrong sign by many: read as the pixels are.
  const range = 2 ** bitsAllocated;
  const fit = (one: number) => (signed && one >= range / 2 ? one - range : !signed && one < 0 ? one + range : one);
  const [one, other] = [fit(value), fit(limit)];
  return [Math.min(one, other), Math.max(one, other)];
}

function item(dataset: JsonDataSet, sequence: string): JsonDataSet | undefined {
  return dataset[sequence]?.Value?.[0] as JsonDataSet | undefined;
}

function number(dataset: JsonDataSet, tag: string): number | undefined {
  const value = dataset[tag]?.Value?.[0];
  return value === undefined || value === null || value === '' || !Number.isFinite(Number(value)) ? undefined : Number(value);
}

function text(dataset: JsonDataSet, tag: string): string | undefined {
  const value = dataset[tag]?.Value?.[0];
  return typeof value === 'string' ? value.trim() : undefined;
}
