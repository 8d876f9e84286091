/** dcmjs-codecs: libjpeg, CharLS, OpenJPEG and an RLE decoder in one WebAssembly module. Runs in a worker thread only. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import dcmjsCodecs from 'dcmjs-codecs';
import { type CodestreamHead, readCodestream, shortestSegment } from './codestream.ts';
import { decodedFormat, frameBits, type PixelFormat, Undecodable } from './format.ts';
import type { Codec } from './syntaxes.ts';

// A CommonJS bundle, whose names Node does not see.
const { Context, NativeCodecs, log } = dcmjsCodecs;
// What it says about a frame stays out of our logs.
log.setLevel('silent');

const DAMAGED = 'a frame is not what its transfer syntax says, or is damaged';
const OTHER_SIZE = 'a frame has another size than its attributes say';
const MODULE = 'dcmjs-native-codecs.wasm';

/** Beside the bundle, or in the package. */
function modulePath(): string {
  const beside = fileURLToPath(new URL(MODULE, import.meta.url));
  return existsSync(beside) ? beside : join(dirname(createRequire(import.meta.url).resolve('dcmjs-codecs')), MODULE);
}

async function ready(): Promise<typeof NativeCodecs> {
  if (!NativeCodecs.isInitialized()) await NativeCodecs.initializeAsync({ webAssemblyModulePathOrUrl: modulePath() });
  return NativeCodecs;
}

/**
 * One frame as numbers, little-endian, the samples of a pixel side by side, as `decodedFormat` describes it.
 * @throws {Undecodable}
 */
export async function decodeFrame(frame: Uint8Array, codec: Codec, format: PixelFormat): Promise<Uint8Array> {
  const head = checkedHead(Buffer.from(frame.buffer, frame.byteOffset, frame.length), codec, format);
  const codecs = await ready();
  const context = contextOf(format);
  context.setEncodedBuffer(frame);
  let decoded: Uint8Array | undefined;
  try {
    decoded = codecs[codec](context, { convertColorspaceToRgb: false }).getDecodedBuffer();
  } catch {
    // Whatever a broken frame did to the memory of the module goes with it.
    codecs.release();
    throw new Undecodable(DAMAGED);
  }
  const expected = frameBits(decodedFormat(format)) / 8;
  if (decoded?.length !== expected) throw new Undecodable(OTHER_SIZE);
  return codec === 'decodeJpeg2000' && head ? withSign(decoded, head, format) : decoded;
}

/** A JPEG for a browser. @param pixels 8 bits, grey or RGB. */
export async function encodeJpeg(
  pixels: Uint8Array,
  size: { columns: number; rows: number; samples: number },
  quality: number,
): Promise<Uint8Array> {
  const codecs = await ready();
  const photometric = size.samples === 3 ? 'RGB' : 'MONOCHROME2';
  const context = contextOf({
    ...size,
    bitsAllocated: 8,
    bitsStored: 8,
    signed: false,
    photometric,
    planar: 0,
    frames: 1,
    float: false,
    vr: 'OB',
  });
  context.setDecodedBuffer(pixels);
  const encoded = codecs.encodeJpeg(context, { lossy: true, quality }).getEncodedBuffer();
  if (!encoded) throw new Error('the JPEG encoder returned nothing');
  return encoded;
}

function contextOf(format: PixelFormat): InstanceType<typeof Context> {
  return new Context({
    width: format.columns,
    height: format.rows,
    bitsAllocated: format.bitsAllocated,
    bitsStored: format.bitsStored,
    samplesPerPixel: format.samples,
    pixelRepresentation: format.signed ? 1 : 0,
    planarConfiguration: format.planar,
    photometricInterpretation: format.photometric,
  });
}

/** The codecs believe the attributes: where the codestream has another size, their result would be wrong without a sign of it. */
function checkedHead(frame: Buffer, codec: Codec, format: PixelFormat): CodestreamHead | undefined {
  const { rows, columns, samples, bitsAllocated } = format;
  if (codec === 'decodeRle') {
    if (shortestSegment(frame) < rows * columns) throw new Undecodable(DAMAGED);
    return undefined;
  }
  const head = readCodestream(frame, codec);
  if (!head) throw new Undecodable(DAMAGED);
  const same = head.rows === rows && head.columns === columns && head.components === samples && head.precision <= bitsAllocated;
  if (!same) throw new Undecodable(OTHER_SIZE);
  return head;
}

/**
 * Where a JPEG 2000 codestream and the data set disagree about the sign, the data set is right, and the codestream's precision says
 * which bit is the sign. (pydicom does the same.)
 */
function withSign(decoded: Uint8Array, head: CodestreamHead, { signed, bitsAllocated }: PixelFormat): Uint8Array {
  if (head.signed === signed || bitsAllocated !== 16) return decoded;
  const shift = 16 - head.precision;
  const copy = new Uint8Array(decoded).buffer;
  const values = signed ? new Int16Array(copy) : new Uint16Array(copy);
  for (let i = 0; i < values.length; i++) {
    const raised = (values[i] ?? 0) << shift;
    values[i] = signed ? ((raised << 16) >> 16) >> shift : (raised & 0xffff) >>> shift;
  }
  return new Uint8Array(values.buffer);
}
