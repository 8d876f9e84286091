/** One frame as an image for people: decoded, mapped to grey levels or colours, scaled, encoded. Runs in a thread of the pool. */
import { encode as encodePng } from 'fast-png';
import { decodeFrame, encodeJpeg } from '../pixels/codecs.ts';
import { decodedFormat, type PixelFormat, Undecodable } from '../pixels/format.ts';
import type { Codec } from '../pixels/syntaxes.ts';
import { toColour } from './colour.ts';
import { toGrey } from './grey.ts';
import type { Display } from './pipeline.ts';
import { readSamples } from './samples.ts';
import { fit } from './scale.ts';

export interface RenderTask {
  /** As stored; native ones little-endian and from a whole byte. */
  readonly frame: Uint8Array;
  readonly codec?: Codec;
  readonly format: PixelFormat;
  readonly display: Display;
  readonly type: 'image/jpeg' | 'image/png';
  /** 1 to 100, of a JPEG. */
  readonly quality: number;
  /** The picture is scaled to fit into it. */
  readonly viewport?: { readonly columns: number; readonly rows: number };
}

/** 8 bits a sample. */
export interface Picture {
  readonly columns: number;
  readonly rows: number;
  readonly samples: 1 | 3;
  readonly pixels: Uint8Array;
}

/** @throws {Undecodable} */
export async function render(task: RenderTask): Promise<Uint8Array> {
  const { codec, frame } = task;
  const format = codec ? decodedFormat(task.format) : task.format;
  const samples = readSamples(codec ? await decodeFrame(frame, codec, task.format) : frame, format);
  const pixels = /^MONOCHROME[12]$/.test(format.photometric)
    ? toGrey(samples, format, task.display)
    : toColour(samples, format, task.display);
  const picture = {
    columns: format.columns,
    rows: format.rows,
    samples: pixels.length === format.columns * format.rows ? 1 : 3,
    pixels,
  } as const;
  const { pixels: data, ...size } = task.viewport ? fit(picture, task.viewport) : picture;
  if (task.type === 'image/jpeg') return encodeJpeg(data, size, task.quality);
  return encodePng({ width: size.columns, height: size.rows, channels: size.samples, depth: 8, data });
}

export { Undecodable };
