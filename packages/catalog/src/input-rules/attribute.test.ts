/** pydicom made the table, dcmjs is asked whether it is right. */
import dcmjs from 'dcmjs';
import { expect, it } from 'vitest';
import { attributeOf } from './attribute.ts';

interface Entry {
  readonly tag: string;
  readonly vr: string;
  readonly name: string;
}

const { nameMap } = (dcmjs as unknown as { data: { DicomMetaDictionary: { nameMap: Record<string, Entry> } } }).data.DicomMetaDictionary;
const theirs = Object.values(nameMap).filter(({ tag, name }) => /^\([0-9A-F]{4},[0-9A-F]{4}\)$/.test(tag) && /^[A-Z]\w+$/.test(name));

/** Where dcmjs has an older edition; of these the current one says what pydicom says. */
const MENDED_IN_PS36 = [
  'ComponentTypeCodeSequence',
  'LongEdgePointIndexList',
  'LongPrimitivePointIndexList',
  'LongTrianglePointIndexList',
  'LongVertexPointIndexList',
  'NumberOfVolumetricCurvePoints',
];

it('keywords have the tags and representations that dcmjs has', () => {
  const known = theirs
    .map(({ name, ...entry }) => ({ ...entry, name: name.replace(/^RETIRED_/, '') }))
    .filter(({ name }) => attributeOf(name));
  expect(known.length).toBeGreaterThan(4900);
  expect(known.filter(({ name, tag }) => attributeOf(name)?.tag !== tag.replace(/\W/g, ''))).toEqual([]);
  // `xs`, `ox` and `up` are its own words for one of several.
  const exact = known.filter(({ vr }) => /^[A-Z]{2}$/.test(vr));
  const differ = exact.filter(({ name, vr }) => attributeOf(name)?.vr !== vr).map(({ name }) => name);
  expect(differ.sort()).toEqual(MENDED_IN_PS36);
});

it('a tag in digits is itself, with its representation where it is known', () => {
  expect(attributeOf('00280004')).toEqual({ tag: '00280004', vr: 'CS' });
  expect(attributeOf('00091001')).toEqual({ tag: '00091001' });
  expect(attributeOf('Nonsense')).toBeUndefined();
});
