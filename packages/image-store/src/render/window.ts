/** From stored values to grey levels: PS3.3 §C.11.1 (Modality LUT) and §C.11.2 (VOI LUT), in 64-bit floating point. Pure. */

export type WindowFunction = 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';

export interface Window {
  readonly center: number;
  readonly width: number;
  readonly function: WindowFunction;
}

/** A LUT of a data set: the first input value that it maps, its entries, and the bits of each. */
export interface Lut {
  readonly first: number;
  readonly entries: readonly number[];
  readonly bits: number;
}

export const round = (value: number) => Math.floor(value + 0.5);

/** The grey level, 0 to 255, of a value in the units of the window. */
export function applyWindow(x: number, { center, width, function: kind }: Window): number {
  if (kind === 'SIGMOID') return round(255 / (1 + Math.exp((-4 * (x - center)) / width)));
  // LINEAR is defined on whole numbers and a width of at least 1; LINEAR_EXACT on any.
  const [c, w] = kind === 'LINEAR' ? [center - 0.5, width - 1] : [center, width];
  if (x <= c - w / 2) return 0;
  if (x > c + w / 2) return 255;
  return round(((x - c) / w + 0.5) * 255);
}

/** Values below the first are the first entry, values beyond the last are the last. */
export function lookUp(value: number, { first, entries }: Lut): number {
  const index = Math.min(Math.max(Math.round(value) - first, 0), entries.length - 1);
  return entries[index] ?? 0;
}
