/** The identity of a source tree: what goes into an image, before the image exists. */
import { createHash } from 'node:crypto';
import { constants, lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { IgnoreRules, type Lines, linesOf } from './tree-hash-rules.ts';

/** One file as Git would store it. `path` is relative to the repository, with forward slashes. */
export interface TreeFile {
  readonly path: string;
  readonly mode: '100644' | '100755' | '120000';
}

/**
 * `sha256:` over the sorted paths, modes and contents of the files under `folders` that Git does not ignore, committed or not.
 * @throws {Error} when a folder is not there.
 */
export function treeHash(root: string, folders: readonly string[]): Promise<string> {
  return new TreeHashes(root).of(folders);
}

interface ReadFile extends TreeFile {
  readonly content: Buffer;
}

/** The hashes of many trees of a repository that does not change meanwhile: what they share is read once. */
export class TreeHashes {
  readonly #root: string;
  /** By folder. */
  readonly #read = new Map<string, Promise<readonly ReadFile[]>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** @throws {Error} when a folder is not there. */
  async of(folders: readonly string[]): Promise<string> {
    const files = (await Promise.all([...new Set(folders)].map((folder) => this.#filesIn(folder)))).flat();
    const hash = createHash('sha256');
    for (const { path, mode, content } of files.sort(byPath)) {
      // Lengths first: two different trees never give the same bytes to hash.
      hash.update(`${mode} ${Buffer.byteLength(path)} ${content.length}\n${path}\n`).update(content);
    }
    return `sha256:${hash.digest('hex')}`;
  }

  #filesIn(folder: string): Promise<readonly ReadFile[]> {
    const known = this.#read.get(folder) ?? this.#readIn(folder);
    this.#read.set(folder, known);
    return known;
  }

  async #readIn(folder: string): Promise<readonly ReadFile[]> {
    const files = await treeFiles(this.#root, [folder]);
    return Promise.all(files.map(async (file) => ({ ...file, content: await contentOf(this.#root, file) })));
  }
}

function byPath(a: TreeFile, b: TreeFile): number {
  return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path));
}

/** The files under `folders` that Git does not ignore, sorted by the bytes of their paths. */
export async function treeFiles(root: string, folders: readonly string[]): Promise<readonly TreeFile[]> {
  const found = await Promise.all([...new Set(folders)].map(async (folder) => collect(root, folder, await linesAbove(root, folder))));
  return found.flat().sort(byPath);
}

/** The bytes that Git would store: a file's content, a link's target. */
export async function contentOf(root: string, file: TreeFile): Promise<Buffer> {
  const path = join(root, file.path);
  return file.mode === '120000' ? Buffer.from(await readlink(path)) : readFile(path);
}

async function collect(root: string, folder: string, above: Lines): Promise<readonly TreeFile[]> {
  const lines = [...above, ...(await linesIn(root, folder))];
  const rules = new IgnoreRules(lines);
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const found = entries.map(async (entry): Promise<readonly TreeFile[]> => {
    const path = posix.join(folder, entry.name);
    if (entry.name === '.git' || rules.ignores(entry.isDirectory() ? `${path}/` : path)) return [];
    if (entry.isDirectory()) return collect(root, path, lines);
    if (entry.isSymbolicLink()) return [{ path, mode: '120000' }];
    const executable = ((await lstat(join(root, path))).mode & 0o100) !== 0;
    return entry.isFile() ? [{ path, mode: executable ? '100755' : '100644' }] : [];
  });
  return (await Promise.all(found)).flat();
}

/** The rules of the folders from the repository's root down to the parent of `folder`. */
async function linesAbove(root: string, folder: string): Promise<Lines> {
  const parts = folder.split('/').slice(0, -1);
  const parents = ['', ...parts.map((_, index) => parts.slice(0, index + 1).join('/'))];
  return (await Promise.all(parents.map((parent) => linesIn(root, parent)))).flat();
}

async function linesIn(root: string, folder: string): Promise<Lines> {
  // Git does not follow a `.gitignore` that is a link.
  const flag = constants.O_RDONLY | constants.O_NOFOLLOW;
  return linesOf(await readFile(join(root, folder, '.gitignore'), { encoding: 'utf8', flag }).catch(() => ''), folder);
}
