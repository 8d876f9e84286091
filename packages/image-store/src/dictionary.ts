/** DICOM's data dictionary (PS3.6), as dcmjs carries it. */
import dcmjs from 'dcmjs';

export interface Attribute {
  /** Eight hexadecimal digits in capitals. */
  readonly tag: string;
  /** As dcmjs writes them: `ox`, `xs` and `lt` where the VR depends on the data set. */
  readonly vr: string;
  readonly keyword: string;
}

interface Entry {
  readonly tag: string;
  readonly vr: string;
  readonly name: string;
}

const { dictionary, nameMap } = (dcmjs.data as unknown as { DicomMetaDictionary: Record<'dictionary' | 'nameMap', Record<string, Entry>> })
  .DicomMetaDictionary;

const toAttribute = (entry: Entry): Attribute => ({
  tag: entry.tag.replace(/[^0-9A-Fa-f]/g, '').toUpperCase(),
  vr: entry.vr,
  keyword: entry.name,
});

/** @param id a keyword (`PatientName`) or a tag (`00100010`). Private and unknown attributes are undefined. */
export function findAttribute(id: string): Attribute | undefined {
  if (/^[0-9A-Fa-f]{8}$/.test(id)) {
    const entry = dictionary[`(${id.slice(0, 4)},${id.slice(4)})`.toUpperCase()] ?? dictionary[`(${id.slice(0, 4)},${id.slice(4)})`];
    return entry && toAttribute(entry);
  }
  if (!/^[A-Z][A-Za-z0-9]{1,63}$/.test(id) || !Object.hasOwn(nameMap, id)) return undefined;
  const entry = nameMap[id];
  return entry && /^\([0-9A-Fa-f]{4},[0-9A-Fa-f]{4}\)$/.test(entry.tag) ? toAttribute(entry) : undefined;
}
