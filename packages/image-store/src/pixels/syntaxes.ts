/** The transfer syntaxes that this store reads: PS3.5 §10 and Annex A. */
import type { Encoding } from '../part10/dicom-parser.ts';

export const IMPLICIT = '1.2.840.10008.1.2';
export const EXPLICIT = '1.2.840.10008.1.2.1';
export const DEFLATED = '1.2.840.10008.1.2.1.99';
export const BIG_ENDIAN = '1.2.840.10008.1.2.2';

export type Codec = 'decodeRle' | 'decodeJpeg' | 'decodeJpegLs' | 'decodeJpeg2000';

/** What decodes the frames of an encapsulated one. Video and what is newer than these is kept and returned as stored only. */
const CODECS: ReadonlyMap<string, Codec> = new Map([
  ['1.2.840.10008.1.2.5', 'decodeRle'],
  ['1.2.840.10008.1.2.4.50', 'decodeJpeg'],
  ['1.2.840.10008.1.2.4.51', 'decodeJpeg'],
  ['1.2.840.10008.1.2.4.57', 'decodeJpeg'],
  ['1.2.840.10008.1.2.4.70', 'decodeJpeg'],
  ['1.2.840.10008.1.2.4.80', 'decodeJpegLs'],
  ['1.2.840.10008.1.2.4.81', 'decodeJpegLs'],
  ['1.2.840.10008.1.2.4.90', 'decodeJpeg2000'],
  ['1.2.840.10008.1.2.4.91', 'decodeJpeg2000'],
]);

export const codecOf = (syntax: string): Codec | undefined => CODECS.get(syntax);

/** Whether pixels, if there are any, lie in the file as numbers. */
export function isNative(syntax: string): boolean {
  return syntax === IMPLICIT || syntax === EXPLICIT || syntax === DEFLATED || syntax === BIG_ENDIAN;
}

export function encodingOf(syntax: string): Encoding {
  return { implicit: syntax === IMPLICIT, bigEndian: syntax === BIG_ENDIAN };
}
