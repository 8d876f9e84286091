import { convertBytes } from 'dicom-character-set';

const ASCII = 'ISO 2022 IR 6';
const ESCAPE = '\u001b';
/** A byte that means something else in another character set. */
const BEYOND_ASCII = /[\u0080-\u00ff]/;

/**
 * Text of an element as Unicode. Bytes that its character set does not have, or a set that nobody knows, are read as Latin 1: what is
 * damaged stays readable, and stays one value.
 *
 * @param characterSet the value of (0008,0005); undefined without one.
 */
export function decodeText(bytes: Buffer, characterSet: string | undefined, vr: string): string {
  const plain = bytes.toString('latin1');
  if (characterSet === undefined || !(BEYOND_ASCII.test(plain) || plain.includes(ESCAPE))) return plain;
  try {
    // Back to ASCII is allowed from everywhere (PS3.5 6.1.2.5.3), whether it is listed or not.
    const listed = plain.includes(ESCAPE) ? `${characterSet}\\${ASCII}` : characterSet;
    return convertBytes(listed, bytes, { vr });
  } catch {
    return plain;
  }
}

/** Without the padding at the end. A loop: the regular expression for it takes quadratic time. */
export function trimPadding(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '\0')) end -= 1;
  return text.slice(0, end);
}
