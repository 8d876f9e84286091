/** What a codestream says about itself: the codecs go by the attributes of the data set alone, and do not notice when these are others. Pure. */
import type { Codec } from './syntaxes.ts';

export interface CodestreamHead {
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  /** Of the first component. JPEG has no signed ones. */
  readonly precision: number;
  readonly signed: boolean;
}

/** Undefined where there is none to be found; RLE has none. */
export function readCodestream(bytes: Buffer, codec: Codec): CodestreamHead | undefined {
  try {
    return codec === 'decodeJpeg2000' ? readSize(bytes) : readStartOfFrame(bytes);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The SIZ marker, right after the start of codestream: ISO 15444-1 §A.5.1. Boxes may come before it. */
function readSize(bytes: Buffer): CodestreamHead | undefined {
  const at = bytes.indexOf('ff4fff51', 0, 'hex');
  if (at < 0) return undefined;
  const sign = bytes.readUInt8(at + 42);
  return {
    columns: bytes.readUInt32BE(at + 8) - bytes.readUInt32BE(at + 16),
    rows: bytes.readUInt32BE(at + 12) - bytes.readUInt32BE(at + 20),
    components: bytes.readUInt16BE(at + 40),
    precision: (sign & 0x7f) + 1,
    signed: sign >= 0x80,
  };
}

/** The first SOF marker: ISO 10918-1 §B.2.2; that of JPEG-LS has the same fields. */
function readStartOfFrame(bytes: Buffer): CodestreamHead | undefined {
  for (let at = bytes.indexOf('ffd8', 0, 'hex') + 2; at >= 2 && bytes.readUInt8(at) === 0xff; ) {
    const marker = bytes.readUInt8(at + 1);
    if (marker === 0xff) at += 1;
    else if (marker === 0xf7 || (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))) {
      return {
        precision: bytes.readUInt8(at + 4),
        rows: bytes.readUInt16BE(at + 5),
        columns: bytes.readUInt16BE(at + 7),
        components: bytes.readUInt8(at + 9),
        signed: false,
      };
    } else at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

/** Bytes that the shortest segment of an RLE frame stands for: PS3.5 §G.3. One that breaks off would be filled up without a word. */
export function shortestSegment(bytes: Buffer): number {
  if (bytes.length < 64) return 0;
  const count = bytes.readUInt32LE(0);
  if (count < 1 || count > 15) return 0;
  const starts = Array.from({ length: count }, (_, index) => bytes.readUInt32LE(4 + index * 4));
  return Math.min(...starts.map((start, index) => unpackedLength(bytes.subarray(start, starts[index + 1] ?? bytes.length))));
}

function unpackedLength(segment: Buffer): number {
  let length = 0;
  for (let at = 0; at < segment.length - 1; ) {
    const control = segment.readInt8(at);
    if (control >= 0) {
      // As many as are there.
      length += Math.min(control + 1, segment.length - at - 1);
      at += control + 2;
    } else {
      if (control !== -128) length += 1 - control;
      at += control === -128 ? 1 : 2;
    }
  }
  return length;
}
