import { relative } from 'node:path';
import { printable } from '@mip/catalog/printable';
import type { FirstImage } from '@mip/local';
import Table from 'cli-table3';

const NOTHING = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
];
const CHARS = { ...Object.fromEntries(NOTHING.map((place) => [place, ''])), middle: '  ' };

/** A table without lines, as terminals of all kinds show it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const made = new Table({ head: [...head], style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 }, chars: CHARS });
  for (const row of rows) made.push(row.map(printable));
  return made.toString();
}

/** The images that went through at the start. */
export function imagesTable(images: readonly FirstImage[], root: string): string {
  const rows = images.map((image) => [
    image.algorithm,
    image.image,
    image.equal ? 'equal to the reference' : image.problem,
    `${Math.round(image.milliseconds)} ms`,
    relative(root, image.result),
  ]);
  return table(['algorithm', 'image', 'result', 'time', 'file'], rows);
}
