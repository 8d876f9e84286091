/** DICOM's attributes by keyword. */
import { ATTRIBUTES } from './attributes.generated.ts';

export interface Attribute {
  /** Eight upper-case hexadecimal digits, as the keys of DICOM JSON. */
  readonly tag: string;
  /** The value representation of PS3.6, the first where it names several; not known of a tag that no dictionary has. */
  readonly vr?: string;
}

const TAG = /^[0-9A-F]{8}$/;
let byKeyword: ReadonlyMap<string, Attribute> | undefined;
let byTag: ReadonlyMap<string, Attribute> | undefined;

/** The attribute of a keyword or of eight hexadecimal digits; nothing for a keyword that DICOM does not have. */
export function attributeOf(name: string): Attribute | undefined {
  byKeyword ??= new Map(lines().map(([keyword, tag, vr]) => [keyword, { tag, vr }]));
  if (!TAG.test(name)) return byKeyword.get(name);
  byTag ??= new Map([...byKeyword.values()].map((attribute) => [attribute.tag, attribute]));
  return byTag.get(name) ?? { tag: name };
}

/** Every keyword, sorted. */
export function keywords(): readonly string[] {
  return lines().map(([keyword]) => keyword);
}

function lines(): readonly [keyword: string, tag: string, vr: string][] {
  return ATTRIBUTES.trimEnd()
    .split('\n')
    .map((line) => line.split(' ') as [string, string, string]);
}
