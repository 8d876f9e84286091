/** Native frames as arrays of numbers: sign, unused high bits, bit packing, planes. Pure. */
import type { PixelFormat } from '../pixels/format.ts';

export type Samples = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** @param bytes one frame, little-endian. Samples of a pixel come out side by side, without what lies in unused high bits. */
export function readSamples(bytes: Uint8Array, format: PixelFormat): Samples {
  if (format.bitsAllocated === 1) return unpack(bytes, format.rows * format.columns * format.samples);
  const values = view(new Uint8Array(bytes).buffer, format);
  const unused = format.bitsAllocated - format.bitsStored;
  if (unused > 0 && !format.float) clearHighBits(values, unused, format);
  if (format.photometric === 'YBR_FULL_422') return upsampled(values, format);
  return format.samples > 1 && format.planar === 1 ? interleaved(values, format.samples) : values;
}

function view(buffer: ArrayBuffer, { bitsAllocated, signed, float }: PixelFormat): Samples {
  if (float) return bitsAllocated === 64 ? new Float64Array(buffer) : new Float32Array(buffer);
  if (bitsAllocated === 8) return signed ? new Int8Array(buffer) : new Uint8Array(buffer);
  if (bitsAllocated === 16) return signed ? new Int16Array(buffer) : new Uint16Array(buffer);
  return signed ? new Int32Array(buffer) : new Uint32Array(buffer);
}

/** Overlays may lie in the high bits of old images; a sign is extended over them. */
function clearHighBits(values: Samples, unused: number, { bitsAllocated, signed }: PixelFormat): void {
  const shift = 32 - bitsAllocated + unused;
  for (let i = 0; i < values.length; i++) {
    const raised = (values[i] ?? 0) << shift;
    values[i] = signed ? raised >> shift : raised >>> shift;
  }
}

/** The first pixel is the lowest bit: PS3.5 §8.1.1. */
function unpack(bytes: Uint8Array, count: number): Uint8Array {
  const values = new Uint8Array(count);
  for (let i = 0; i < count; i++) values[i] = ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1;
  return values;
}

function interleaved(values: Samples, samples: number): Samples {
  const mixed = values.slice();
  const plane = values.length / samples;
  for (let sample = 0; sample < samples; sample++) {
    for (let i = 0; i < plane; i++) mixed[i * samples + sample] = values[sample * plane + i] ?? 0;
  }
  return mixed;
}

/** Y1 Y2 Cb Cr as two pixels. */
function upsampled(values: Samples, { rows, columns }: PixelFormat): Samples {
  const full = new (values.constructor as Uint8ArrayConstructor)(rows * columns * 3);
  for (let pair = 0; pair < (rows * columns) / 2; pair++) {
    const [y1 = 0, y2 = 0, cb = 0, cr = 0] = values.subarray(pair * 4, pair * 4 + 4);
    full.set([y1, cb, cr, y2, cb, cr], pair * 6);
  }
  return full;
}
