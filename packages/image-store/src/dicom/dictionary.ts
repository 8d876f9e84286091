import dcmjs from 'dcmjs';

const { dictionary } = dcmjs.data.DicomMetaDictionary;
const known = new Map<string, string | undefined>();

/** What a value representation can be where the standard leaves a choice: by the pixel representation, or always the wider. */
const CHOICES: Readonly<Record<string, (signed: boolean) => string>> = {
  xs: (signed) => (signed ? 'SS' : 'US'),
  ox: () => 'OW',
  lt: () => 'OW',
  up: () => 'UL',
};

/**
 * The value representation of a tag, by PS3.6. Undefined for private and unknown ones.
 *
 * @param tag 8 capital hex digits.
 * @param signed whether (0028,0103) of the data set says so.
 */
export function vrOf(tag: string, signed = false): string | undefined {
  if (isPrivate(tag)) return undefined;
  if (tag.endsWith('0000')) return 'UL';
  let vr = known.get(tag);
  if (vr === undefined && !known.has(tag)) {
    vr = lookUp(tag)?.vr;
    if (known.size < 10_000) known.set(tag, vr);
  }
  if (vr === undefined) return undefined;
  return CHOICES[vr]?.(signed) ?? (/^[A-Z]{2}$/.test(vr) ? vr : undefined);
}

/** Repeating groups, as overlays in 6002, are those of the first. */
function lookUp(tag: string) {
  const group = /^(50|60)/.test(tag) ? `${tag.slice(0, 2)}00` : tag.slice(0, 4);
  return dictionary[`(${group},${tag.slice(4)})`];
}

/** Odd groups are private. */
export function isPrivate(tag: string): boolean {
  return '13579BDF'.includes(tag[3] ?? '');
}
