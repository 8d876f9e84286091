import { type PixelFormat, Undecodable } from '../pixels/format.ts';
import type { Display } from './pipeline.ts';
import type { Samples } from './samples.ts';
import { applyWindow, lookUp, round } from './window.ts';

/** Grey levels of a monochrome frame. What is padding is black. */
export function toGrey(samples: Samples, format: PixelFormat, display: Display): Uint8Array {
  if (format.samples !== 1) throw new Undecodable('it is monochrome, but has several samples per pixel');
  const toLevel = levels(samples, format, display);
  const padded = isPadding(display);
  // A float image has too many values to remember; of the others, few values are computed many times.
  const known = new Map<number, number>();
  const pixels = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] ?? 0;
    let level = known.get(value);
    if (level === undefined) {
      level = padded(value) ? 0 : display.inverted ? 255 - toLevel(value) : toLevel(value);
      if (!format.float && known.size < 1 << 17) known.set(value, level);
    }
    pixels[i] = level;
  }
  return pixels;
}

const isPadding =
  ({ padding }: Display) =>
  (value: number): boolean =>
    padding !== undefined && value >= padding[0] && value <= padding[1];

/** From a stored value to a level: the Modality LUT, then the VOI LUT, or a window, or what there is between the least and the greatest. */
function levels(samples: Samples, format: PixelFormat, display: Display): (value: number) => number {
  const { modalityLut, voiLut, window, slope, intercept } = display;
  const modality = (value: number) => (modalityLut ? lookUp(value, modalityLut) : value * slope + intercept);
  if (voiLut) return (value) => round((lookUp(modality(value), voiLut) * 255) / (2 ** voiLut.bits - 1));
  if (window) return (value) => applyWindow(modality(value), window);
  if (format.bitsStored === 8 && !format.signed && !modalityLut && slope === 1 && intercept === 0) return (value) => value;
  const [least, greatest] = extent(samples, isPadding(display));
  const [low, high] = [modality(least), modality(greatest)];
  return (value) => (high === low ? 0 : round(((modality(value) - low) / (high - low)) * 255));
}

function extent(samples: Samples, padded: (value: number) => boolean): readonly [number, number] {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of samples) {
    if (padded(value)) continue;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return least <= greatest ? [least, greatest] : [0, 0];
}
