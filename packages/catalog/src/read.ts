/** One file → a document; whatever is wrong with the file is a problem, never an exception. */
import { closeSync, constants, lstatSync, openSync, readSync, statSync } from 'node:fs';
import { DOCUMENT_LIMITS, type Document, parseDocument, unreadable } from './document.ts';
import type { Problem } from './problem.ts';

/** @param file relative to `root`; a regular file, or a link that may be followed */
export function readDocument(root: string, file: string): Document {
  const path = `${root}/${file}`;
  try {
    const bytes = readBounded(path);
    if (!bytes) return refused(file, `has ${statSync(path).size} bytes, more than ${DOCUMENT_LIMITS.bytes}; no entry needs that`);
    const text = decode(bytes);
    return text === undefined ? refused(file, 'is not UTF-8; save it with that encoding') : parseDocument(text, file);
  } catch (error) {
    return refused(file, `cannot be read (${codeOf(error)}); check that it exists and who may read it`);
  }
}

/** The text of a file; nothing when it is not there, or is no text that an entry could be. */
export function readText(root: string, file: string): string | undefined {
  try {
    const bytes = readBounded(`${root}/${file}`);
    return bytes && decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether anything of that name is there. */
export function isThere(root: string, file: string): boolean {
  return lstatSync(`${root}/${file}`, { throwIfNoEntry: false }) !== undefined;
}

/** A file that is not read, and why. */
export function refused(file: string, message: string): Document {
  const problem: Problem = { file, line: 1, column: 1, pointer: '', severity: 'error', rule: 'file', message };
  return unreadable(file, problem);
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown error';
}

/** Each file is read into it, so that not even a file that grows meanwhile takes more. */
const BUFFER = new Uint8Array(DOCUMENT_LIMITS.bytes + 1);

/** The file's bytes, valid until the next call; nothing when there are too many. What became a pipe since it was listed blocks nobody. */
function readBounded(path: string): Uint8Array | undefined {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    let size = 0;
    for (let read = -1; read !== 0 && size < BUFFER.length; size += read) read = readSync(file, BUFFER, size, BUFFER.length - size, null);
    return size > DOCUMENT_LIMITS.bytes ? undefined : BUFFER.subarray(0, size);
  } finally {
    closeSync(file);
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Nothing when it is not UTF-8. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}
