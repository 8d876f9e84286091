/** Folder → catalog. The only file of the loader that touches the disk; whatever it finds there is a problem, never an exception. */
import { closeSync, constants, type Dirent, lstatSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { DOCUMENT_LIMITS, type Document, parseDocument, unreadable } from './document.ts';
import { compareText, type Problem } from './problem.ts';
import { type Catalog, validateCatalog } from './validate.ts';

/**
 * Loads and validates the catalog of a repository.
 *
 * @param root the repository's folder: `catalog/algorithms`, `catalog/platforms` and `algorithms/` lie in it
 */
export async function loadCatalog(root: string): Promise<Catalog> {
  const documents = { algorithms: readFolder(root, 'catalog/algorithms'), platforms: readFolder(root, 'catalog/platforms') };
  return validateCatalog(documents, pathsOf(root));
}

/** One document for each file that is, or looks as if it should be, an entry; sorted by name. */
function readFolder(root: string, folder: string): Document[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true });
  } catch (error) {
    return [unreadable(folder, fileProblem(folder, `cannot be read (${codeOf(error)}); the catalog lies in ${folder}/`))];
  }
  return entries
    .filter(({ name }) => !name.startsWith('.'))
    .sort((a, b) => compareText(a.name, b.name))
    .flatMap((entry) => readEntry(root, folder, entry) ?? []);
}

function readEntry(root: string, folder: string, entry: Dirent): Document | undefined {
  const file = `${folder}/${entry.name}`;
  const refuse = (message: string) => unreadable(file, fileProblem(file, message));
  if (!entry.name.endsWith('.yaml')) return misnamed(entry) ? refuse(misnamed(entry) as string) : undefined;
  try {
    const path = `${root}/${file}`;
    if (!entry.isFile()) {
      if (entry.isSymbolicLink() && !liesIn(path, join(root, 'catalog')))
        return refuse('is a link out of the catalog; put the file itself here');
      const stat = statSync(path);
      if (stat.isDirectory()) return refuse('is a folder; an entry is one file');
      if (!stat.isFile()) return refuse('is no regular file; an entry is one text file');
    }
    const bytes = readBounded(path);
    if (!bytes) return refuse(`has ${statSync(path).size} bytes, more than ${DOCUMENT_LIMITS.bytes}; no entry needs that`);
    return parse(bytes, file);
  } catch (error) {
    return refuse(`cannot be read (${codeOf(error)}); check that it exists and who may read it`);
  }
}

function misnamed(entry: Dirent): string | undefined {
  if (entry.isDirectory()) return 'is a folder; entries lie directly in the catalog, without sub-folders';
  return /\.(ya?ml|json)$/i.test(entry.name) ? 'is not read; rename it to end in .yaml' : undefined;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function parse(bytes: Uint8Array, file: string): Document {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    return unreadable(file, fileProblem(file, 'is not UTF-8; save it with that encoding'));
  }
  return parseDocument(text, file);
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

/** By the operating system's own resolution: one call, where Node's takes one for each part of the path. */
function liesIn(path: string, folder: string): boolean {
  return realpathSync.native(path).startsWith(realpathSync.native(folder) + sep);
}

/** Answers for one load: each path is looked at once. */
function pathsOf(root: string): (path: string) => boolean {
  const known = new Map<string, boolean>();
  return (path) => {
    const found = known.get(path) ?? hasPath(root, path);
    known.set(path, found);
    return found;
  };
}

/** Of a file or, with a `/` at its end, a folder inside the repository; a link that leads out of it does not count. */
function hasPath(root: string, path: string): boolean {
  try {
    const full = join(root, path);
    if (!liesIn(full, root)) return false;
    return path.endsWith('/') ? statSync(full).isDirectory() : lstatSync(full).isFile();
  } catch {
    return false;
  }
}

function fileProblem(file: string, message: string): Problem {
  return { file, line: 1, column: 1, pointer: '', severity: 'error', rule: 'file', message };
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown error';
}
