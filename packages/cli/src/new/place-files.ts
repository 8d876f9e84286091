/** Puts new files into a repository: all of them or none, and never over something. */
import { linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isThere } from '@mip/catalog/read';

/** A file to be. */
export interface NewFile {
  /** Relative to the repository, or to the folder that it belongs to. */
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly executable?: boolean;
}

export interface NewFiles {
  /** Relative to the repository. It appears whole, at once. */
  readonly folder: { readonly path: string; readonly files: readonly NewFile[] };
  /** Placed after the folder, in this order. */
  readonly files: readonly NewFile[];
}

/** Something of that name is there already; the message is its path. */
export class Occupied extends Error {
  override readonly name = 'Occupied';
}

/**
 * Everything is written beside the folder's place first (`.new-…`, which Git ignores), then moved.
 *
 * @throws {Occupied} and of the file system; then nothing is left
 */
export function placeFiles(root: string, { folder, files }: NewFiles): void {
  mkdirSync(join(root, dirname(folder.path)), { recursive: true });
  const stage = mkdtempSync(join(root, dirname(folder.path), '.new-'));
  const undo: (() => void)[] = [];
  try {
    const staged = join(stage, basename(folder.path));
    for (const file of folder.files) write(join(staged, file.path), file);
    for (const [index, file] of files.entries()) write(join(stage, `file-${index}`), file);
    refuseOccupied(root, [folder.path]);
    renameSync(staged, join(root, folder.path));
    undo.push(() => rmSync(join(root, folder.path), { recursive: true }));
    for (const [index, { path }] of files.entries()) undo.push(...placeFile(root, join(stage, `file-${index}`), path));
  } catch (error) {
    for (const step of undo.reverse()) step();
    throw error;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** @throws {Occupied} */
export function refuseOccupied(root: string, paths: readonly string[]): void {
  for (const path of paths) if (isThere(root, path)) throw new Occupied(path);
}

/** A link takes no place that is taken. @returns what undoes it, in the order in which it was done. */
function placeFile(root: string, staged: string, path: string): readonly (() => void)[] {
  const made = mkdirSync(join(root, dirname(path)), { recursive: true });
  const removeFolder = made === undefined ? [] : [() => rmSync(made, { recursive: true })];
  try {
    linkSync(staged, join(root, path));
  } catch (error) {
    for (const step of removeFolder) step();
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? new Occupied(path) : error;
  }
  return [...removeFolder, () => rmSync(join(root, path))];
}

function write(path: string, { content, executable }: NewFile): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, { mode: executable ? 0o777 : 0o666 });
}
