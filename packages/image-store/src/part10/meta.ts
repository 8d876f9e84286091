/** The head of a Part 10 file, PS3.10 §7.1, for another transfer syntax. */
import { readMeta } from './dicom-parser.ts';
import { makeElement } from './explicit.ts';

export const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
const GROUP_LENGTH = '00020000';
const TRANSFER_SYNTAX = '00020010';

/** Preamble and file meta information as they are, but for the transfer syntax, and where the data set begins in `bytes`. */
export function readHead(bytes: Buffer, syntax = EXPLICIT_LITTLE_ENDIAN): { readonly head: Buffer; readonly end: number } {
  const { elements, end } = readMeta(metaOf(bytes));
  const parts: Buffer[] = [];
  let start = bytes.indexOf('DICM', 128, 'latin1') + 4;
  const preamble = bytes.subarray(0, start);
  for (const element of elements) {
    const tag = element.tag.slice(1).toUpperCase();
    if (!tag.startsWith('0002')) continue;
    const next = element.dataOffset + element.length;
    if (tag === TRANSFER_SYNTAX) parts.push(makeElement(tag, 'UI', Buffer.from(syntax, 'latin1')));
    else if (tag !== GROUP_LENGTH) parts.push(bytes.subarray(start, next));
    start = next;
  }
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return { head: Buffer.concat([preamble, makeElement(GROUP_LENGTH, 'UL', length), body]), end };
}

/** Only the meta information, where its length is known: what follows it may be in an encoding that its parser does not read. */
function metaOf(bytes: Buffer): Buffer {
  const counted = bytes.length > 144 && bytes.readUInt32LE(132) === 0x00000002;
  return counted ? bytes.subarray(0, 144 + bytes.readUInt32LE(140)) : bytes;
}
