/** The identity of a source tree: what goes into an image, before the image exists. */
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join, posix } from 'node:path';
import ignore, { type Ignore } from 'ignore';

/** One file as Git would store it. `path` is relative to the repository, with forward slashes. */
export interface TreeFile {
  readonly path: string;
  readonly mode: '100644' | '100755' | '120000';
}

/** The folders that go into the image of a source: its own, the worker SDK and the kernels. */
export function imageFolders(source: string): readonly string[] {
  return [source, 'algorithms/sdk/mip_sdk', 'algorithms/kernels'];
}

/**
 * `sha256:` over the sorted paths, modes and contents of the files under `folders` that Git does not ignore, committed or not.
 * @throws {Error} when a folder is not there.
 */
export async function treeHash(root: string, folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const { path, mode } of await treeFiles(root, folders)) {
    const content = await contentOf(root, { path, mode });
    // Lengths first: two different trees never give the same bytes to hash.
    hash.update(`${mode} ${Buffer.byteLength(path)} ${content.length}\n${path}\n`).update(content);
  }
  return `sha256:${hash.digest('hex')}`;
}

/** The files under `folders` that Git does not ignore, sorted by the bytes of their paths. */
export async function treeFiles(root: string, folders: readonly string[]): Promise<readonly TreeFile[]> {
  const found = await Promise.all([...new Set(folders)].map(async (folder) => collect(root, folder, await rulesAbove(root, folder))));
  return found.flat().sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}

/** The bytes that Git would store: a file's content, a link's target. */
export async function contentOf(root: string, file: TreeFile): Promise<Buffer> {
  const path = join(root, file.path);
  return file.mode === '120000' ? Buffer.from(await readlink(path)) : readFile(path);
}

/** One `.gitignore`: its patterns hold for paths under `base`. */
interface Rules {
  readonly base: string;
  readonly matcher: Ignore;
}

async function collect(root: string, folder: string, above: readonly Rules[]): Promise<readonly TreeFile[]> {
  const rules = [...above, ...(await rulesOf(root, folder))];
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const found = entries.map(async (entry): Promise<readonly TreeFile[]> => {
    const path = posix.join(folder, entry.name);
    if (entry.name === '.git' || isIgnored(rules, path, entry.isDirectory())) return [];
    if (entry.isDirectory()) return collect(root, path, rules);
    if (entry.isSymbolicLink()) return [{ path, mode: '120000' }];
    const executable = ((await lstat(join(root, path))).mode & 0o100) !== 0;
    return entry.isFile() ? [{ path, mode: executable ? '100755' : '100644' }] : [];
  });
  return (await Promise.all(found)).flat();
}

/** The rules of the folders from the repository's root down to the parent of `folder`. */
async function rulesAbove(root: string, folder: string): Promise<readonly Rules[]> {
  const parts = folder.split('/').slice(0, -1);
  const parents = ['', ...parts.map((_, index) => parts.slice(0, index + 1).join('/'))];
  return (await Promise.all(parents.map((parent) => rulesOf(root, parent)))).flat();
}

async function rulesOf(root: string, base: string): Promise<readonly Rules[]> {
  const text = await readFile(join(root, base, '.gitignore'), 'utf8').catch(() => '');
  return text ? [{ base, matcher: ignore().add(text) }] : [];
}

/** The deepest `.gitignore` that has an opinion decides, as in Git. */
function isIgnored(rules: readonly Rules[], path: string, folder: boolean): boolean {
  for (const { base, matcher } of rules.toReversed()) {
    const verdict = matcher.test(posix.relative(base, path) + (folder ? '/' : ''));
    if (verdict.ignored) return true;
    if (verdict.unignored) return false;
  }
  return false;
}
