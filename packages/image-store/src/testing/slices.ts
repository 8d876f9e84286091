/** Instances to store: pydicom's CT_small with other numbers at the ends of its UIDs, and as many pixels as wanted. */
import { readFileSync } from 'node:fs';
import { knownFile } from './known-files.ts';

const PREFIX = '1.3.6.1.4.1.5962.1.';
const SUFFIX = '.20040119072730.12322';
const UIDS = { study: `${PREFIX}2.1${SUFFIX}`, series: `${PREFIX}3.1.1${SUFFIX}`, instance: `${PREFIX}1.1.1.1${SUFFIX}` };
const PIXEL_DATA = Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x57, 0, 0]);

const template = readFileSync(knownFile('CT_small.dcm'));

export interface SliceOptions {
  readonly study?: number;
  readonly series?: number;
  readonly instance: number;
  /** Bytes of pixel data; as many as in CT_small without it. */
  readonly pixels?: number;
}

/** UIDs of a slice. */
export function uidsOf({ study = 1, series = 1, instance }: SliceOptions) {
  const numbered = (uid: string, number: number) => uid.slice(0, -5) + String(number + 10_000);
  return { study: numbered(UIDS.study, study), series: numbered(UIDS.series, series), instance: numbered(UIDS.instance, instance) };
}

/** The file without its pixels' bytes; what follows is `pixels` bytes of anything. */
export function sliceHead(options: SliceOptions): Buffer {
  const own = uidsOf(options);
  const at = template.indexOf(PIXEL_DATA) + PIXEL_DATA.length;
  const head = Buffer.from(template.subarray(0, at + 4));
  for (const level of ['study', 'series', 'instance'] as const) replaceAll(head, UIDS[level], own[level]);
  if (options.pixels !== undefined) head.writeUInt32LE(options.pixels, at);
  return head;
}

/** A whole file. */
export function slice(options: SliceOptions): Buffer {
  const head = sliceHead(options);
  const rest = options.pixels === undefined ? template.subarray(head.length) : Buffer.alloc(options.pixels, options.instance);
  return Buffer.concat([head, rest]);
}

/** In place, by a text of the same length. */
export function replaceAll(bytes: Buffer, from: string, to: string): Buffer {
  for (let at = bytes.indexOf(from, 0, 'latin1'); at !== -1; at = bytes.indexOf(from, at + 1, 'latin1')) bytes.write(to, at, 'latin1');
  return bytes;
}

export const BOUNDARY = 'a-boundary';
export const MULTIPART = `multipart/related; type="application/dicom"; boundary="${BOUNDARY}"`;

/** A multipart body of files. */
export function multipart(...files: readonly Buffer[]): Buffer {
  const part = (file: Buffer) => [Buffer.from(`--${BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n`), file, Buffer.from('\r\n')];
  return Buffer.concat([...files.flatMap(part), Buffer.from(`--${BOUNDARY}--\r\n`)]);
}
