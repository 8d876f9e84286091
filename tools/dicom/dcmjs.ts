/** What dcmjs says of data elements: a second opinion on the tables that `attributes.py` makes of pydicom's. */
import dcmjs from 'dcmjs';

export interface TheirElement {
  readonly keyword: string;
  /** Eight hexadecimal digits in capitals. */
  readonly tag: string;
  /** Two capitals, or words of its own where the standard leaves a choice. */
  readonly vr: string;
}

export const THEIR_ELEMENTS: readonly TheirElement[] = Object.values(dcmjs.data.DicomMetaDictionary.nameMap).flatMap((entry) => {
  const [, group, element] = /^\(([0-9A-F]{4}),([0-9A-F]{4})\)$/.exec(entry?.tag ?? '') ?? [];
  return entry && group && element ? [{ keyword: entry.name.replace(/^RETIRED_/, ''), tag: group + element, vr: entry.vr }] : [];
});

/** Where dcmjs has the VR of an older edition; of these the current one says what pydicom says. */
export const MENDED_IN_PS36: readonly string[] = [
  'ComponentTypeCodeSequence',
  'LongEdgePointIndexList',
  'LongPrimitivePointIndexList',
  'LongTrianglePointIndexList',
  'LongVertexPointIndexList',
  'NumberOfVolumetricCurvePoints',
];
