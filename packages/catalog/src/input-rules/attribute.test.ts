/** pydicom made the table, dcmjs is asked whether it is right. */
import { expect, it } from 'vitest';
import { MENDED_IN_PS36, THEIR_ELEMENTS } from '../../../../tools/dicom/dcmjs.ts';
import { attributeOf } from './attribute.ts';

it('keywords have the tags and representations that dcmjs has', () => {
  const known = THEIR_ELEMENTS.filter(({ keyword }) => attributeOf(keyword));
  expect(known.length).toBeGreaterThan(4900);
  expect(known.filter(({ keyword, tag }) => attributeOf(keyword)?.tag !== tag)).toEqual([]);
  // `xs`, `ox` and `up` are its own words for one of several.
  const exact = known.filter(({ vr }) => /^[A-Z]{2}$/.test(vr));
  const differ = exact.filter(({ keyword, vr }) => attributeOf(keyword)?.vr !== vr).map(({ keyword }) => keyword);
  expect(differ.sort()).toEqual(MENDED_IN_PS36);
});

it('a tag in digits is itself, with its representation where it is known', () => {
  expect(attributeOf('00280004')).toEqual({ tag: '00280004', vr: 'CS' });
  expect(attributeOf('00091001')).toEqual({ tag: '00091001' });
  expect(attributeOf('Nonsense')).toBeUndefined();
});
