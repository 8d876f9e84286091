import { tagOfKeyword, vrOf } from '../dicom/dictionary.ts';

export interface Attribute {
  /** Eight hexadecimal digits in capitals. */
  readonly tag: string;
  readonly vr: string;
}

/** @param id a keyword (`PatientName`) or a tag (`00100010`). Private and unknown attributes are undefined. */
export function findAttribute(id: string): Attribute | undefined {
  const tag = /^[0-9A-Fa-f]{8}$/.test(id) ? id.toUpperCase() : tagOfKeyword(id);
  const vr = tag && vrOf(tag);
  return tag && vr ? { tag, vr } : undefined;
}
