import dcmjs from 'dcmjs';

/** The UIDs by which an instance is found: PS3.3 Study, Series and SOP Instance UID. */
export interface InstanceUids {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
}

/** The file is not a DICOM Part 10 file, or it lacks a UID; `message` says which, without a value from the file. */
export class UnreadableDicom extends Error {
  override readonly name = 'UnreadableDicom';
}

const PREAMBLE = 128;
const UID_TAGS = { study: '0020000D', series: '0020000E', instance: '00080018' } as const;
const UID = /^[0-9.]{1,64}$/;

// dcmjs reports odd but readable elements on the console, values included; the pixels and the text of a file stay out of our logs.
dcmjs.log?.setLevel?.('silent');

/**
 * Reads the three UIDs from the bytes of a DICOM Part 10 file, without looking at its pixels.
 * @throws {UnreadableDicom} when the bytes are not DICOM or a UID is missing or malformed.
 */
export function readUids(bytes: Uint8Array): InstanceUids {
  const magic = Buffer.from(bytes.subarray(PREAMBLE, PREAMBLE + 4)).toString('latin1');
  if (magic !== 'DICM') throw new UnreadableDicom('is not a DICOM file (no "DICM" after the preamble)');
  const elements = parse(bytes);
  const read = (level: keyof typeof UID_TAGS) => {
    const uid = String(elements[UID_TAGS[level]]?.Value?.[0] ?? '').replace(/[\0 ]+$/, '');
    if (!UID.test(uid)) throw new UnreadableDicom(`has no valid ${level === 'instance' ? 'SOP instance' : level} UID`);
    return uid;
  };
  return { study: read('study'), series: read('series'), instance: read('instance') };
}

type Elements = Record<string, { Value?: readonly unknown[] } | undefined>;

function parse(bytes: Uint8Array): Elements {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  try {
    return dcmjs.data.DicomMessage.readFile(buffer, { untilTag: UID_TAGS.series, includeUntilTagValue: true }).dict as Elements;
  } catch {
    throw new UnreadableDicom('starts as a DICOM file but its header cannot be read');
  }
}
