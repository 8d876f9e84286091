import { type PixelFormat, Undecodable } from '../pixels/format.ts';
import type { Display } from './pipeline.ts';
import type { Samples } from './samples.ts';
import { lookUp, round } from './window.ts';

/** Red, green and blue, 8 bits each, of a colour frame. */
export function toColour(samples: Samples, format: PixelFormat, { palette }: Display): Uint8Array {
  if (palette) return fromPalette(samples, palette);
  if (format.samples !== 3) throw new Undecodable('its photometric interpretation needs three samples per pixel');
  const scaled = to8Bits(samples, format);
  if (format.photometric === 'RGB') return scaled;
  if (format.photometric === 'YBR_FULL' || format.photometric === 'YBR_FULL_422') return fromYbr(scaled);
  throw new Undecodable('its photometric interpretation cannot be shown here');
}

function fromPalette(samples: Samples, palette: NonNullable<Display['palette']>): Uint8Array {
  const pixels = new Uint8Array(samples.length * 3);
  // Entries of 16 bits count from the top; some that say 16 hold 8.
  const shifts = palette.map(({ entries }) => (entries.some((entry) => entry > 255) ? 8 : 0));
  for (let i = 0; i < samples.length; i++) {
    for (const [colour, lut] of palette.entries()) {
      pixels[i * 3 + colour] = lookUp(samples[i] ?? 0, lut) >> (shifts[colour] ?? 0);
    }
  }
  return pixels;
}

function to8Bits(samples: Samples, { bitsStored, signed, float }: PixelFormat): Uint8Array {
  if (signed || float) throw new Undecodable('its colours are signed or floating-point numbers');
  if (bitsStored === 8) return new Uint8Array(samples.buffer, samples.byteOffset, samples.length);
  const scale = 255 / (2 ** bitsStored - 1);
  return Uint8Array.from(samples as Uint16Array, (value) => round(value * scale));
}

/** PS3.3 §C.7.6.3.1.2, full range. */
function fromYbr(samples: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(samples.length);
  const clamp = (value: number) => Math.min(Math.max(round(value), 0), 255);
  for (let i = 0; i < samples.length; i += 3) {
    const [y = 0, b = 0, r = 0] = samples.subarray(i, i + 3);
    pixels[i] = clamp(y + 1.402 * (r - 128));
    pixels[i + 1] = clamp(y - 0.344136 * (b - 128) - 0.714136 * (r - 128));
    pixels[i + 2] = clamp(y + 1.772 * (b - 128));
  }
  return pixels;
}
