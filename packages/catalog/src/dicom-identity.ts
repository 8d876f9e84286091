/** Whether bytes are DICOM, and whether they say that the patient's identity was removed. Nothing of what they hold is given out. Pure. */
import dicomParser, { type DataSet } from 'dicom-parser';

/** So many bytes tell a DICOM file by its preamble. */
export const PREAMBLE = 132;

/** Names that people give to DICOM files. */
const NAMED = /\.(dcm|dicom|ima)$/i;

/** What a file holds, by its beginning; `pointer` is what Git LFS puts in the place of a file, with the SHA-256 of that. */
export type Content = 'dicom' | 'other' | { readonly pointer: string };

/**
 * Without the preamble a file is taken for DICOM where its name says so and it is no text: every dataset has a zero in its first tag, and
 * a damaged one may still show a patient.
 *
 * @param head the file's first bytes, `PREAMBLE` of them where it has so many
 */
export function contentOf(head: Uint8Array, path: string): Content {
  if (isPart10(head)) return 'dicom';
  if (!NAMED.test(path)) return 'other';
  const pointer = /^version https:\/\/git-lfs\.\S+\noid sha256:([0-9a-f]{64})\n/.exec(Buffer.from(head).toString('latin1'))?.[1];
  if (pointer !== undefined) return { pointer };
  return head.includes(0) ? 'dicom' : 'other';
}

/** Two capital letters after the tag: an explicit value representation. */
function hasRepresentation(head: Uint8Array): boolean {
  return [head[4], head[5]].every((byte = 0) => byte >= 0x41 && byte <= 0x5a);
}

const REMOVED = 'x00120062';
const METHOD = 'x00120063';
const METHOD_CODES = 'x00120064';
const PIXELS = 'x7fe00010';

/**
 * Whether the dataset says PatientIdentityRemoved YES and by what method. What cannot be read says nothing.
 *
 * @param bytes the file, or as much of its beginning as is worth reading: pixels come much later
 */
export function saysIdentityRemoved(bytes: Uint8Array): boolean {
  try {
    const data = datasetOf(bytes);
    const codes = data.elements[METHOD_CODES]?.items ?? [];
    const hasCode = codes.some(({ dataSet }) => Object.keys(dataSet?.elements ?? {}).length > 0);
    return data.string(REMOVED)?.trim() === 'YES' && (hasCode || Boolean(data.string(METHOD)?.trim()));
  } catch {
    return false;
  }
}

/** The elements up to the pixels, or to where the bytes end or make no sense. */
function datasetOf(bytes: Uint8Array): DataSet {
  const options = { untilTag: PIXELS, inflater: refuse, ...(isPart10(bytes) ? {} : { TransferSyntaxUID: syntaxOf(bytes) }) };
  try {
    return dicomParser.parseDicom(bytes, options);
  } catch (error) {
    const { dataSet } = error as { dataSet?: DataSet };
    if (!dataSet) throw error;
    return dataSet;
  }
}

/** A deflated dataset may be any size when it is inflated. */
function refuse(): never {
  throw new Error('a deflated dataset is not read');
}

function isPart10(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(128, PREAMBLE)).toString('latin1') === 'DICM';
}

/** Without a header, as the first element is written. */
function syntaxOf(bytes: Uint8Array): string {
  if (!hasRepresentation(bytes)) return '1.2.840.10008.1.2';
  return bytes[0] === 0 ? '1.2.840.10008.1.2.2' : '1.2.840.10008.1.2.1';
}
