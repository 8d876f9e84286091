import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { knownFile, python } from '../testing/known-files.ts';
import { toExplicit } from './explicit.ts';
import { readHead } from './meta.ts';

const folder = mkdtempSync(join(tmpdir(), 'explicit-'));
afterAll(() => rmSync(folder, { recursive: true }));

const IMPLICIT = [
  'MR_small_implicit',
  'rtdose',
  'rtplan',
  'SC_rgb_jpeg_dcmd',
  'gdcm-US-ALOKA-16',
  'nested_priv_SQ',
  'priv_SQ',
  'no_meta_group_length',
];
const BIG_ENDIAN = [
  'MR_small_bigendian',
  'rtdose_expb',
  'liver_expb_1frame',
  'ExplVR_BigEnd',
  'OBXXXX1A_expb',
  'SC_rgb_expb_16bit',
  'emri_small_big_endian',
  'gdcm-US-ALOKA-16_big',
];
const DEFLATED = ['image_dfl'];
const PLAIN = ['CT_small', 'reportsi', 'test-SR', 'chrH31', 'UN_sequence', 'waveform_ecg', 'MR-SIEMENS-DICOM-WithOverlays'];

const CASES = [
  ...IMPLICIT.map((name) => ({ name, encoding: { implicit: true, bigEndian: false } })),
  ...BIG_ENDIAN.map((name) => ({ name, encoding: { implicit: false, bigEndian: true } })),
  ...[...DEFLATED, ...PLAIN].map((name) => ({ name, encoding: { implicit: false, bigEndian: false } })),
];

describe('a data set as Explicit VR Little Endian', () => {
  it('has the values that pydicom reads from the source', async () => {
    const pairs = CASES.map(({ name, encoding }) => {
      const source = knownFile(`${name}.dcm`);
      const file = readFileSync(source);
      const { head, end } = readHead(file);
      const bytes = DEFLATED.includes(name) ? inflateRawSync(file.subarray(end)) : file.subarray(end);
      const result = join(folder, basename(source));
      writeFileSync(result, Buffer.concat([head, toExplicit({ bytes, encoding, signed: /MR_small/.test(name) })]));
      return { source, result, ignore: [] };
    });
    const found = await python<readonly string[]>('same_dataset.py', pairs);
    expect(Object.fromEntries(CASES.map(({ name }, index) => [name, found[index]]))).toEqual(
      Object.fromEntries(CASES.map(({ name }) => [name, []])),
    );
  });
});
