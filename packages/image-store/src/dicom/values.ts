/** One element as DICOM JSON: PS3.18 Annex F. */
import dicomParser, { type DataSet, type Element } from 'dicom-parser';
import type { Span } from '../rows.ts';
import { isPrivate, vrOf } from './dictionary.ts';
import type { JsonDataSet, JsonElement } from './json.ts';
import { decodeText, trimPadding } from './text.ts';
import { UnreadableDicom } from './unreadable.ts';

/** How a `BulkDataURI` begins before the store puts its own address there. */
export const BULK = 'mip-bulk:';
/** Larger binaries are bulk data. */
export const INLINE_BYTES = 1024;
/** Sequences within sequences. Real ones have fewer than ten levels. */
const DEEPEST = 64;

/** In what an element stands. */
export interface Scope {
  readonly bytes: Buffer;
  /** Where in the file `bytes` begins. */
  readonly base: number;
  readonly bigEndian: boolean;
  readonly characterSet: string | undefined;
  /** (0028,0103) Pixel Representation is 1. */
  readonly signed: boolean;
  /** Of the item that holds the element, ending in `/`; empty at the top. */
  readonly path: string;
  readonly depth: number;
  /** Filled here. */
  readonly bulk: Record<string, Span>;
}

type Numeric = readonly [size: number, read: (bytes: Buffer, at: number, big: boolean) => number | bigint];

const NUMERIC: Readonly<Record<string, Numeric>> = {
  US: [2, (bytes, at, big) => (big ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at))],
  SS: [2, (bytes, at, big) => (big ? bytes.readInt16BE(at) : bytes.readInt16LE(at))],
  UL: [4, (bytes, at, big) => (big ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at))],
  SL: [4, (bytes, at, big) => (big ? bytes.readInt32BE(at) : bytes.readInt32LE(at))],
  FL: [4, (bytes, at, big) => (big ? bytes.readFloatBE(at) : bytes.readFloatLE(at))],
  FD: [8, (bytes, at, big) => (big ? bytes.readDoubleBE(at) : bytes.readDoubleLE(at))],
  UV: [8, (bytes, at, big) => (big ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at))],
  SV: [8, (bytes, at, big) => (big ? bytes.readBigInt64BE(at) : bytes.readBigInt64LE(at))],
};
export const BINARY: ReadonlySet<string> = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'UN']);
/** One value whatever it holds, with its leading spaces. */
const UNDIVIDED = new Set(['LT', 'ST', 'UT', 'UR']);
const TEXT = new Set(['AE', 'AS', 'CS', 'DA', 'DS', 'DT', 'IS', 'LO', 'LT', 'PN', 'SH', 'ST', 'TM', 'UC', 'UI', 'UR', 'UT']);
const ENCODED = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);
/** A file can call what the standard knows unknown; this much of it is believed to be what it should be. */
const UNKNOWN_BYTES = 0xffff;
/** Of an element whose value representation is not in the file. */
const IMPLICIT = '';

/** The value representation that an element is read with: the file's, the dictionary's where the file has none or no valid one. */
export function representation(element: Element, { signed }: Pick<Scope, 'signed'>): string {
  const tag = tagOf(element);
  const own = element.vr ?? '';
  if (own === 'SQ' || element.items) return 'SQ';
  const valid = TEXT.has(own) || own in NUMERIC || own === 'AT' || BINARY.has(own);
  if (valid && own !== 'UN') return own;
  // Of these dicom-parser drops the items.
  if (element.hadUndefinedLength && !valid && isPrivate(tag)) return 'SQ';
  if (own === 'UN' && element.length >= UNKNOWN_BYTES) return 'UN';
  return vrOf(tag, signed) ?? (/^[0-9A-F]{4}00(1[0-9A-F]|[2-F][0-9A-F])$/.test(tag) && isPrivate(tag) ? 'LO' : 'UN');
}

export function tagOf({ tag }: Element): string {
  return tag.slice(1).toUpperCase();
}

/** @throws {UnreadableDicom} when it nests too deep, or a sequence inside it breaks off. */
export function toJson(element: Element, scope: Scope): JsonElement {
  const vr = representation(element, scope);
  if (vr === 'SQ') return sequence(element, scope);
  const at = element.dataOffset;
  if (BINARY.has(vr)) return binary(vr, element, scope);
  const bytes = scope.bytes.subarray(at, at + element.length);
  // What a file calls unknown is little-endian, whatever the file is.
  return withValues(vr, valuesOf(vr, bytes, { ...scope, bigEndian: scope.bigEndian && element.vr !== 'UN' }));
}

function withValues(vr: string, values: readonly unknown[]): JsonElement {
  return values.length === 0 || (values.length === 1 && values[0] === null) ? { vr } : { vr, Value: values };
}

function binary(vr: string, element: Element, { bytes, base, path, bulk }: Scope): JsonElement {
  const { dataOffset, length } = element;
  if (length === 0) return { vr };
  if (length <= INLINE_BYTES) return { vr, InlineBinary: bytes.toString('base64', dataOffset, dataOffset + length) };
  return asBulk(vr, `${path}${tagOf(element)}`, [base + dataOffset, length], bulk);
}

/** Names bytes of the file instead of repeating them. */
export function asBulk(vr: string, path: string, span: Span, bulk: Record<string, Span>): JsonElement {
  bulk[path] = span;
  return { vr, BulkDataURI: BULK + path };
}

function valuesOf(vr: string, bytes: Buffer, scope: Scope): readonly unknown[] {
  const numeric = NUMERIC[vr];
  if (numeric) return numbers(numeric, bytes, scope.bigEndian);
  if (vr === 'AT') return attributeTags(bytes, scope.bigEndian);
  const text = ENCODED.has(vr) ? decodeText(bytes, scope.characterSet, vr) : bytes.toString('latin1');
  if (UNDIVIDED.has(vr)) {
    const whole = trimPadding(text);
    return whole === '' ? [] : [whole];
  }
  return trimPadding(text)
    .split('\\')
    .map((one) => textValue(vr, trimPadding(one)));
}

function numbers([size, read]: Numeric, bytes: Buffer, bigEndian: boolean): readonly unknown[] {
  const count = Math.floor(bytes.length / size);
  return Array.from({ length: count }, (_, index) => jsonNumber(read(bytes, index * size, bigEndian)));
}

/** JSON has no infinity and no 64 bits: those are text. */
function jsonNumber(value: number | bigint): number | string {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

function attributeTags(bytes: Buffer, big: boolean): readonly string[] {
  const hex = (at: number) => (big ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at)).toString(16).padStart(4, '0').toUpperCase();
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => hex(index * 4) + hex(index * 4 + 2));
}

function textValue(vr: string, text: string): unknown {
  if (text === '') return null;
  if (vr === 'PN') return personName(text);
  if (vr !== 'IS' && vr !== 'DS') return vr === 'UC' ? text : text.trimStart() || null;
  const number = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) && /^[\s\d+\-.eE]+$/.test(text) ? number : text;
}

function personName(text: string): object | null {
  const [alphabetic = '', ideographic = '', phonetic = ''] = text.split('=').map(trimPadding);
  const name = {
    ...(alphabetic && { Alphabetic: alphabetic }),
    ...(ideographic && { Ideographic: ideographic }),
    ...(phonetic && { Phonetic: phonetic }),
  };
  return Object.keys(name).length === 0 ? null : name;
}

function sequence(element: Element, scope: Scope): JsonElement {
  if (scope.depth >= DEEPEST) throw new UnreadableDicom(`has sequences more than ${DEEPEST} levels deep`);
  const items = element.items ?? itemsOf(element, scope);
  const path = `${scope.path}${tagOf(element)}/`;
  const bigEndian = scope.bigEndian && element.vr !== 'UN';
  const values = items.map((item, index) =>
    item.dataSet ? dataSetJson(item.dataSet, { ...scope, bigEndian, path: `${path}${index}/`, depth: scope.depth + 1 }) : {},
  );
  return withValues('SQ', values);
}

/** Items of what the file calls unknown, or has no word for: always Implicit VR Little Endian (PS3.5 6.2.2). */
function itemsOf(element: Element, { bytes }: Scope): readonly Element[] {
  const copy: Element = { ...element };
  const stream = new dicomParser.ByteStream(
    dicomParser.littleEndianByteArrayParser,
    bytes.subarray(0, element.dataOffset + element.length),
    element.dataOffset,
  );
  try {
    dicomParser.readSequenceItemsImplicit(stream, copy, sequenceOrNot);
  } catch {
    throw new UnreadableDicom('has a sequence that breaks off');
  }
  return copy.items ?? [];
}

/** What dicom-parser asks for elements of Implicit VR: only sequences matter to it; `representation` decides the rest. */
export function sequenceOrNot(tag: string): string {
  const vr = vrOf(tag.slice(1).toUpperCase());
  // Undefined lets it look whether items follow; its types do not say so.
  return (vr === undefined ? undefined : vr === 'SQ' ? 'SQ' : IMPLICIT) as string;
}

const DELIMITERS = new Set(['xfffee00d', 'xfffee0dd', 'xfffee000']);

function dataSetJson(dataSet: DataSet, outer: Scope): JsonDataSet {
  const { elements } = dataSet;
  const json: Record<string, JsonElement> = {};
  const own = elements.x00080005;
  const signed = elements.x00280103;
  const scope: Scope = {
    ...outer,
    ...(own && { characterSet: characterSetOf(own, outer.bytes) }),
    ...(signed && signed.length >= 2 && { signed: isSigned(signed, outer) }),
  };
  for (const element of Object.values(elements)) {
    if (DELIMITERS.has(element.tag)) continue;
    json[tagOf(element)] = element.tag === 'x00080005' ? utf8(element, scope) : toJson(element, scope);
  }
  return json;
}

export function characterSetOf({ dataOffset, length }: Element, bytes: Buffer): string | undefined {
  return trimPadding(bytes.toString('latin1', dataOffset, dataOffset + length)) || undefined;
}

export function isSigned({ dataOffset }: Element, { bytes, bigEndian }: Pick<Scope, 'bytes' | 'bigEndian'>): boolean {
  return (bigEndian ? bytes.readUInt16BE(dataOffset) : bytes.readUInt16LE(dataOffset)) === 1;
}

/** DICOM JSON is UTF-8, and says so where the file named a character set. */
export function utf8(element: Element, scope: Scope): JsonElement {
  const json = toJson(element, scope);
  return json.Value ? { vr: 'CS', Value: ['ISO_IR 192'] } : json;
}
