/** DICOM's attributes: PS3.6, as pydicom has it. */
import { ATTRIBUTES } from './attributes.generated.ts';

/** Where the standard leaves a choice: by the pixel representation, or always the wider. */
const CHOICES: Readonly<Record<string, (signed: boolean) => string>> = {
  'US/SS': (signed) => (signed ? 'SS' : 'US'),
  'US/SS/OW': () => 'OW',
  'US/OW': () => 'OW',
  'OB/OW': () => 'OW',
};

const vrs = new Map<string, string>();
const tags = new Map<string, string>();
for (const line of ATTRIBUTES.trimEnd().split('\n')) {
  const [tag = '', vr = '', keyword] = line.split(' ');
  vrs.set(tag, vr);
  if (keyword) tags.set(keyword, tag);
}

/**
 * The value representation of a tag, by PS3.6. Undefined for private and unknown ones.
 *
 * @param tag 8 capital hex digits.
 * @param signed whether (0028,0103) of the data set says so.
 */
export function vrOf(tag: string, signed = false): string | undefined {
  if (isPrivate(tag)) return undefined;
  if (tag.endsWith('0000')) return 'UL';
  const vr = vrs.get(firstOf(tag));
  return vr && (CHOICES[vr]?.(signed) ?? vr);
}

/** The tag of a keyword, in capital hex digits. */
export function tagOfKeyword(keyword: string): string | undefined {
  return tags.get(keyword);
}

/** Repeating groups, as overlays in 6002, are those of the first. */
function firstOf(tag: string): string {
  return /^(50|60)/.test(tag) ? `${tag.slice(0, 2)}00${tag.slice(4)}` : tag;
}

/** Odd groups are private. */
export function isPrivate(tag: string): boolean {
  return '13579BDF'.includes(tag[3] ?? '');
}
