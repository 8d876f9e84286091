/**
 * Data sets of any uncompressed encoding as Explicit VR Little Endian, PS3.5 §7 and §A. Values are copied as bytes: only their order
 * within numbers changes, so text, private elements and odd values stay what they were.
 */
import { isPrivate, vrOf } from '../dicom/dictionary.ts';
import { type Element, type Encoding, walk } from './dicom-parser.ts';

/** By tag, as eight digits: an element in Explicit VR Little Endian that takes the place of the one there; null: it is left out. */
export type Replacements = ReadonlyMap<string, Buffer | null>;

export interface Source {
  readonly bytes: Buffer;
  readonly encoding: Encoding;
  /** Whether pixels are signed, on which the VR of some attributes depends. */
  readonly signed: boolean;
}

/** Bytes of one number, where it is more than one. */
const NUMBER_BYTES: Readonly<Record<string, number>> = {
  ...{ US: 2, SS: 2, OW: 2, AT: 2, UL: 4, SL: 4, FL: 4, OF: 4, OL: 4, FD: 8, OD: 8, OV: 8, SV: 8, UV: 8 },
};
const LONG = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
const SHORT = new Set([
  'AE',
  'AS',
  'AT',
  'CS',
  'DA',
  'DS',
  'DT',
  'FD',
  'FL',
  'IS',
  'LO',
  'LT',
  'PN',
  'SH',
  'SL',
  'SS',
  'ST',
  'TM',
  'UI',
  'UL',
  'US',
]);
const ITEM = 'FFFEE000';

/**
 * @param untilTag as `x7fe00010`: the data set is read up to this element, which is not in the result.
 * @throws whatever dicom-parser throws on bytes that are no data set.
 */
export function toExplicit(source: Source, replacements: Replacements = new Map(), untilTag?: string): Buffer {
  const { bytes, encoding, signed } = source;
  const vrCallback = (tag: string) => implicitVr(tag.slice(1).toUpperCase(), signed);
  const elements = walk(bytes, encoding, { ...(untilTag && { untilTag }), ...(encoding.implicit && { vrCallback }) });
  const plain = !encoding.implicit && !encoding.bigEndian;
  const parts: Buffer[] = [];
  let end = 0;
  for (const element of elements) {
    if (element.tag === untilTag) break;
    const tag = element.tag.slice(1).toUpperCase();
    const start = end;
    end = endOf(element, bytes);
    // Group lengths may no longer be right, and nobody needs them: PS3.5 §7.2.
    if (tag.endsWith('0000')) continue;
    const replacement = replacements.get(tag);
    if (replacement === null) continue;
    if (replacement) parts.push(replacement);
    else parts.push(plain ? bytes.subarray(start, end) : convert(element, source));
  }
  return Buffer.concat(parts);
}

/** dicom-parser counts the delimiter that ends a sequence of undefined length neither with the sequence nor with what follows. */
function endOf({ dataOffset, length, hadUndefinedLength }: Element, bytes: Buffer): number {
  const end = dataOffset + length;
  const delimited = hadUndefinedLength && /^(feffdde0|fffee0dd)$/.test(bytes.toString('hex', end, end + 4));
  return delimited ? end + 8 : end;
}

function convert(element: Element, source: Source): Buffer {
  const tag = element.tag.slice(1).toUpperCase();
  const vr = (source.encoding.implicit ? implicitVr(tag, source.signed) : element.vr) ?? 'UN';
  if (element.items) return makeElement(tag, 'SQ', Buffer.concat(element.items.map((item) => convertItem(item, source))));
  const value = source.bytes.subarray(element.dataOffset, endOf(element, source.bytes));
  // Private, and of no known length: a sequence that stays in its implicit encoding, to the delimiter that ends it (PS3.5 §6.2.2).
  if (element.hadUndefinedLength) return Buffer.concat([header(tag, 'UN', 0xffffffff), value]);
  const size = NUMBER_BYTES[vr];
  return makeElement(tag, vr, source.encoding.bigEndian && size ? swapped(value, size) : value);
}

function convertItem(item: Element, source: Source): Buffer {
  const elements = Object.values(item.dataSet?.elements ?? {}).filter(({ tag }) => !tag.endsWith('0000'));
  const value = Buffer.concat(elements.map((element) => convert(element, source)));
  return Buffer.concat([header(ITEM, '', value.length), value]);
}

/** Undefined where nobody knows. Private creators are known to be text. */
function implicitVr(tag: string, signed: boolean): string | undefined {
  if (isPrivate(tag)) return /^00[1-9A-F][0-9A-F]$/.test(tag.slice(4)) ? 'LO' : undefined;
  return vrOf(tag, signed);
}

/** One element in Explicit VR Little Endian, padded to an even length. */
export function makeElement(tag: string, vr: string, value: Uint8Array): Buffer {
  // A value that its VR has no room for is written as unknown: PS3.5 §6.2.2.
  const fits = LONG.has(vr) || value.length <= 0xfffe;
  const padding = value.length % 2 === 0 ? [] : [Buffer.from([SHORT.has(vr) && vr !== 'UI' ? 0x20 : 0])];
  return Buffer.concat([header(tag, fits ? vr : 'UN', value.length + padding.length), value, ...padding]);
}

/** @param vr empty for an item, which has none. */
export function header(tag: string, vr: string, length: number): Buffer {
  const long = vr === '' || LONG.has(vr);
  const bytes = Buffer.alloc(vr !== '' && long ? 12 : 8);
  bytes.writeUInt16LE(Number.parseInt(tag.slice(0, 4), 16), 0);
  bytes.writeUInt16LE(Number.parseInt(tag.slice(4), 16), 2);
  bytes.write(vr, 4, 'latin1');
  if (long) bytes.writeUInt32LE(length, bytes.length - 4);
  else bytes.writeUInt16LE(length, 6);
  return bytes;
}

/** A copy with the bytes of each number in the other order; what is left over at the end stays. */
export function swapped(value: Buffer, size: number): Buffer {
  const copy = Buffer.from(value);
  const whole = copy.subarray(0, copy.length - (copy.length % size));
  if (size === 2) whole.swap16();
  else if (size === 4) whole.swap32();
  else if (size === 8) whole.swap64();
  return copy;
}
