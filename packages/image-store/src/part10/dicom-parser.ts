/** The parts of dicom-parser that walk a data set without a file around it; its types leave them out. */
import dicomParser, { type ByteArrayParser, type ByteStream, type DataSet, type Element } from 'dicom-parser';

export type { Element };

interface Inner {
  readonly littleEndianByteArrayParser: ByteArrayParser;
  readonly bigEndianByteArrayParser: ByteArrayParser;
  readonly ByteStream: new (parser: ByteArrayParser, bytes: Uint8Array, position: number) => ByteStream;
  readonly DataSet: new (parser: ByteArrayParser, bytes: Uint8Array, elements: object) => DataSet;
  parseDicomDataSetExplicit(dataSet: DataSet, stream: ByteStream, end: number, options: WalkOptions): void;
  parseDicomDataSetImplicit(dataSet: DataSet, stream: ByteStream, end: number, options: WalkOptions): void;
  readPart10Header(bytes: Uint8Array): DataSet & { readonly position: number };
}

interface WalkOptions {
  readonly untilTag?: string;
  readonly vrCallback?: (tag: string) => string | undefined;
}

const inner = dicomParser as unknown as Inner;

export interface Encoding {
  readonly implicit: boolean;
  readonly bigEndian: boolean;
}

/** Elements of the data set that `bytes` are, in their order; the last one is `untilTag`, if it is there, without its value. */
export function walk(bytes: Uint8Array, { implicit, bigEndian }: Encoding, options: WalkOptions = {}): readonly Element[] {
  if (bytes.length === 0) return [];
  const parser = bigEndian ? inner.bigEndianByteArrayParser : inner.littleEndianByteArrayParser;
  const dataSet = new inner.DataSet(parser, bytes, {});
  const stream = new inner.ByteStream(parser, bytes, 0);
  const parse = implicit ? inner.parseDicomDataSetImplicit : inner.parseDicomDataSetExplicit;
  parse(dataSet, stream, bytes.length, options);
  return Object.values(dataSet.elements);
}

/** The file meta information of a Part 10 file, and where its data set begins. */
export function readMeta(bytes: Uint8Array): { readonly elements: readonly Element[]; readonly end: number } {
  const header = inner.readPart10Header(bytes);
  return { elements: Object.values(header.elements), end: header.position };
}
