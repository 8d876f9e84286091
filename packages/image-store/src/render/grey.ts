import { type PixelFormat, Undecodable } from '../pixels/format.ts';
import type { Display } from './pipeline.ts';
import type { Samples } from './samples.ts';
import { applyWindow, lookUp, round } from './window.ts';

/** Grey levels of a monochrome frame. What is padding is black. */
export function toGrey(samples: Samples, format: PixelFormat, display: Display): Uint8Array {
  if (format.samples !== 1) throw new Undecodable('it is monochrome, but has several samples per pixel');
  const [least, greatest] = extent(samples, () => false);
  const toLevel = levels(samples, format, display);
  const padded = isPadding(display);
  const level = (value: number) => (padded(value) ? 0 : display.inverted ? 255 - toLevel(value) : toLevel(value));
  if (format.float || greatest - least > MOST_VALUES) return Uint8Array.from(samples, level);
  // Few values, each of them many times.
  const table = new Int16Array(greatest - least + 1).fill(-1);
  const pixels = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    const index = (samples[i] ?? 0) - least;
    let known = table[index] ?? 0;
    if (known < 0) {
      known = level(index + least);
      table[index] = known;
    }
    pixels[i] = known;
  }
  return pixels;
}

const MOST_VALUES = 1 << 17;

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
