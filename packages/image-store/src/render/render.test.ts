/** Rendered frames against NumPy and pydicom: exact where they are exact, within a level where floating point or a lossy decoder is not. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { afterAll, describe, expect, it } from 'vitest';
import type { ByteSource } from '../pixels/byte-source.ts';
import { StoredFrames } from '../pixels/stored-frames.ts';
import { knownFile, python, readInstance } from '../testing/known-files.ts';
import { neededBinaries, ofFrame, readDisplay } from './pipeline.ts';
import { render } from './render.ts';
import type { Window } from './window.ts';

const folder = mkdtempSync(join(tmpdir(), 'rendered-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Case {
  readonly name: string;
  readonly frame?: number;
  readonly window?: Window;
  /** Grey levels that may differ: decoders and colour conversions round in different places. */
  readonly allowed?: number;
}

const window = (center: number, width: number, kind: Window['function']): Window => ({ center, width, function: kind });

const CASES: readonly Case[] = [
  { name: 'CT_small' },
  { name: 'CT_small', window: window(40, 400, 'LINEAR') },
  { name: 'CT_small', window: window(40.5, 1, 'LINEAR') },
  { name: 'CT_small', window: window(-20.25, 333.5, 'LINEAR_EXACT') },
  { name: 'CT_small', window: window(40, 400, 'SIGMOID') },
  { name: 'explicit_VR-UN' },
  { name: 'RG1_UNCR' },
  { name: 'RG3_UNCR' },
  { name: 'MR2_UNCR' },
  { name: 'MR_small' },
  { name: 'mlut_18' },
  { name: 'vlut_04' },
  { name: 'examples_overlay' },
  { name: 'emri_small', frame: 4 },
  { name: 'rtdose', frame: 2 },
  { name: 'liver', frame: 1 },
  { name: 'liver_expb', frame: 2 },
  { name: 'image_dfl' },
  { name: 'examples_palette' },
  { name: 'OBXXXX1A_expb' },
  { name: 'OBXXXX1A_rle_2frame', frame: 1 },
  { name: 'gdcm-US-ALOKA-16' },
  { name: 'gdcm-US-ALOKA-16_big' },
  { name: 'SC_rgb' },
  { name: 'color-pl' },
  { name: 'SC_rgb_16bit' },
  { name: 'SC_rgb_32bit' },
  { name: 'US1_J2KR' },
  { name: 'SC_ybr_full_uncompressed', allowed: 1 },
  { name: 'SC_ybr_full_422_uncompressed', allowed: 1 },
  { name: 'examples_ybr_color', frame: 7, allowed: 3 },
];

describe('a rendered frame', () => {
  it('has the grey levels and colours that NumPy computes', async () => {
    const requests = CASES.map(({ name, frame = 0, window }, index) => ({
      path: knownFile(`${name}.dcm`),
      frame,
      window: window ? [window.center, window.width, window.function] : null,
      output: join(folder, `${index}`),
    }));
    const shapes = await python<readonly [number, number, number]>('rendered_oracle.py', requests);
    const worst: Record<string, number> = {};
    for (const [index, one] of CASES.entries()) {
      const picture = decode(await rendered(one));
      const shape = [picture.height, picture.width, picture.channels];
      expect({ [one.name]: shape }).toEqual({ [one.name]: shapes[index] });
      const expected = readFileSync(join(folder, `${index}`));
      const difference = largestDifference(picture.data, expected);
      if (difference > (one.allowed ?? 0)) worst[`${index} ${one.name}`] = difference;
    }
    expect(worst).toEqual({});
  });
});

function largestDifference(levels: ArrayLike<number>, expected: Buffer): number {
  let largest = 0;
  for (let at = 0; at < levels.length; at++) largest = Math.max(largest, Math.abs((levels[at] ?? 0) - (expected[at] ?? 0)));
  return largest;
}

async function rendered({ name, frame = 0, window }: Case): Promise<Uint8Array> {
  const file = readFileSync(knownFile(`${name}.dcm`));
  const { metadata, transferSyntax } = await readInstance(file);
  const bytes = await inflatedIfNeeded(file, metadata.deflated_from);
  const read = async ([offset, length]: readonly [number, number]) => bytes.subarray(offset, offset + length);
  const source = { read } as unknown as ByteSource;
  const frames = new StoredFrames({ transfer_syntax: transferSyntax }, metadata, source);
  const dataset = ofFrame(metadata.dataset, frame);
  const binaries = new Map<string, Buffer>();
  for (const path of neededBinaries(dataset)) {
    const value = Buffer.from(await read(metadata.bulk[path] as readonly [number, number]));
    binaries.set(path, metadata.big_endian ? value.swap16() : value);
  }
  const { voiLut, ...display } = readDisplay(dataset, frames.format, binaries);
  return render({
    frame: await frames.stored(frame),
    ...(frames.codec && { codec: frames.codec }),
    format: frames.format,
    display: window ? { ...display, window } : { ...display, ...(voiLut && { voiLut }) },
    type: 'image/png',
    quality: 90,
  });
}

async function inflatedIfNeeded(file: Buffer, from: number | undefined): Promise<Buffer> {
  const { inflateRawSync } = await import('node:zlib');
  return from === undefined ? file : inflateRawSync(file.subarray(from));
}
