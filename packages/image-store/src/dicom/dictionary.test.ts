/** pydicom made the tables, dcmjs is asked whether they are right. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MENDED_IN_PS36, THEIR_ELEMENTS } from '../../../../tools/dicom/dcmjs.ts';
import { PYTHON, ROOT } from '../testing/known-files.ts';
import { tagOfKeyword, vrOf } from './dictionary.ts';

it('the files are what pydicom says today', () => {
  const { status, stderr } = spawnSync(PYTHON, [join(ROOT, 'tools/dicom/attributes.py'), '--check'], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

it('keywords have the tags and representations that dcmjs has', () => {
  const known = THEIR_ELEMENTS.filter(({ keyword }) => tagOfKeyword(keyword));
  expect(known.length).toBeGreaterThan(4900);
  expect(known.filter(({ keyword, tag }) => tagOfKeyword(keyword) !== tag)).toEqual([]);
  // `xs`, `ox`, `lt` and `up` are its own words.
  const exact = known.filter(({ vr }) => /^[A-Z]{2}$/.test(vr));
  expect(
    exact
      .filter(({ tag, vr }) => vrOf(tag) !== vr)
      .map(({ keyword }) => keyword)
      .sort(),
  ).toEqual(MENDED_IN_PS36);
});

it.each([
  ['00280106', 'US', 'SS'], // by the pixel representation
  ['00283006', 'OW', 'OW'],
  ['7FE00010', 'OW', 'OW'],
  ['60023000', 'OW', 'OW'], // the second overlay
  ['00080000', 'UL', 'UL'], // the length of a group
  ['00091001', undefined, undefined],
  ['00080003', undefined, undefined],
])('%s has the representation %s, or %s where pixels are signed', (tag, unsigned, signed) => {
  expect([vrOf(tag), vrOf(tag, true)]).toEqual([unsigned, signed]);
});
