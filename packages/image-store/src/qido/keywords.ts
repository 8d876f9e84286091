/** DICOM's attributes by keyword: PS3.6, as dcmjs carries it. */
import dcmjs from 'dcmjs';
import { vrOf } from '../dicom/dictionary.ts';

export interface Attribute {
  /** Eight hexadecimal digits in capitals. */
  readonly tag: string;
  readonly vr: string;
}

interface Entry {
  readonly tag: string;
}

const { nameMap } = (dcmjs.data as unknown as { DicomMetaDictionary: { nameMap: Readonly<Record<string, Entry | undefined>> } })
  .DicomMetaDictionary;

/** @param id a keyword (`PatientName`) or a tag (`00100010`). Private and unknown attributes are undefined. */
export function findAttribute(id: string): Attribute | undefined {
  const tag = /^[0-9A-Fa-f]{8}$/.test(id) ? id.toUpperCase() : tagOf(id);
  const vr = tag && vrOf(tag);
  return tag && vr ? { tag, vr } : undefined;
}

function tagOf(keyword: string): string | undefined {
  if (!/^[A-Z][A-Za-z0-9]{1,63}$/.test(keyword) || !Object.hasOwn(nameMap, keyword)) return undefined;
  const [, group, element] = /^\(([0-9A-Fa-f]{4}),([0-9A-Fa-f]{4})\)$/.exec(nameMap[keyword]?.tag ?? '') ?? [];
  return group && element && `${group}${element}`.toUpperCase();
}
