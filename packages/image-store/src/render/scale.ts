import type { Picture } from './render.ts';
import { round } from './window.ts';

/** The picture as large as it fits into the viewport, with its proportions: PS3.18 §8.3.5.1.3. A pixel is the mean of those that it covers. */
export function fit(picture: Picture, viewport: { readonly columns: number; readonly rows: number }): Picture {
  const factor = Math.min(viewport.columns / picture.columns, viewport.rows / picture.rows);
  const columns = Math.max(1, round(picture.columns * factor));
  const rows = Math.max(1, round(picture.rows * factor));
  const pixels = new Uint8Array(columns * rows * picture.samples);
  for (let row = 0; row < rows; row++) {
    const [top, bottom] = covered(row, picture.rows / rows, picture.rows);
    for (let column = 0; column < columns; column++) {
      const [left, right] = covered(column, picture.columns / columns, picture.columns);
      for (let sample = 0; sample < picture.samples; sample++) {
        pixels[(row * columns + column) * picture.samples + sample] = mean(picture, sample, { top, bottom, left, right });
      }
    }
  }
  return { columns, rows, samples: picture.samples, pixels };
}

function covered(index: number, step: number, size: number): readonly [number, number] {
  const from = Math.min(Math.floor(index * step), size - 1);
  return [from, Math.min(Math.max(Math.floor((index + 1) * step), from + 1), size)];
}

interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

function mean({ pixels, columns, samples }: Picture, sample: number, { top, bottom, left, right }: Box): number {
  let sum = 0;
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) sum += pixels[(row * columns + column) * samples + sample] ?? 0;
  }
  return round(sum / ((bottom - top) * (right - left)));
}
