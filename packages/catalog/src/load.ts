/** Folder → catalog. Whatever it finds there is a problem, never an exception. */
import { type Dirent, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { checkAlgorithm, checkPlatform } from './check.ts';
import type { Document } from './document.ts';
import type { Algorithm } from './entry.ts';
import { codeOf, readDocument, refused } from './read.ts';
import type { Named } from './rules/rule.ts';
import { type Catalog, Judge } from './validate.ts';

/**
 * Loads and validates the catalog of a repository.
 *
 * @param root the repository's folder: `catalog/algorithms`, `catalog/platforms` and `algorithms/` lie in it
 */
export async function loadCatalog(root: string): Promise<Catalog> {
  return readCatalog(root, (algorithm) => algorithm);
}

/** Finds the same problems, but keeps of each algorithm only its name and place: to keep a large catalog takes as long as to check it. */
export async function checkCatalog(root: string): Promise<Catalog<Named>> {
  // A file is read again when somebody asks for a place in it.
  return readCatalog(root, ({ name, file }) => ({ name, file, position: (pointer) => readDocument(root, file).position(pointer) }));
}

/** So many algorithms are checked, ruled upon and let go at once. */
const BATCH = 64;

function readCatalog<Entry extends Named>(root: string, keep: (algorithm: Algorithm) => Entry): Catalog<Entry> {
  const read = (one: string | Document) => (typeof one === 'string' ? readDocument(root, one) : one);
  const platforms = list(root, 'catalog/platforms').map((one) => checkPlatform(read(one)));
  const judge = new Judge(platforms, pathsOf(root), keep);
  const algorithms = list(root, 'catalog/algorithms');
  for (let from = 0; from < algorithms.length; from += BATCH)
    judge.add(algorithms.slice(from, from + BATCH).map((one) => checkAlgorithm(read(one))));
  return judge.end();
}

/** The path of each file that is an entry, and the refusal of what only looks as if it should be one; sorted by name. */
function list(root: string, folder: string): (string | Document)[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true });
  } catch (error) {
    return [refused(folder, `cannot be read (${codeOf(error)}); the catalog lies in ${folder}/`)];
  }
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return [...byName.keys()].sort().flatMap((name) => {
    if (name.startsWith('.')) return [];
    const file = `${folder}/${name}`;
    const refusal = refusalOf(root, file, byName.get(name) as Dirent);
    if (refusal !== undefined) return refused(file, refusal);
    return name.endsWith('.yaml') ? file : [];
  });
}

/** Why it is no entry, though it looks as if it should be one. */
function refusalOf(root: string, file: string, entry: Dirent): string | undefined {
  if (!entry.name.endsWith('.yaml')) return misnamed(entry);
  if (entry.isFile()) return undefined;
  try {
    if (entry.isSymbolicLink() && !liesIn(join(root, file), join(root, 'catalog')))
      return 'is a link out of the catalog; put the file itself here';
    const stat = statSync(join(root, file));
    if (stat.isDirectory()) return 'is a folder; an entry is one file';
    return stat.isFile() ? undefined : 'is no regular file; an entry is one text file';
  } catch (error) {
    return `cannot be read (${codeOf(error)}); check that it exists and who may read it`;
  }
}

function misnamed(entry: Dirent): string | undefined {
  if (entry.isDirectory()) return 'is a folder; entries lie directly in the catalog, without sub-folders';
  return /\.(ya?ml|json)$/i.test(entry.name) ? 'is not read; rename it to end in .yaml' : undefined;
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
