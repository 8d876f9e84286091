/** The base of a change: the merge-base of what is checked out and another commit, as files to read. Git's index and work tree stay as they are. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git, type Variables } from './git.ts';

export interface Base {
  /** A temporary folder with what the rules read of that commit. */
  readonly root: string;
  /** The merge-base: 40 hexadecimal digits. */
  readonly commit: string;
  /** Removes the folder. */
  remove(): Promise<void>;
}

/** A base that cannot be had; the message is a sentence that says what to do. */
export class BaseError extends Error {
  override readonly name = 'BaseError';
}

/**
 * Writes the catalog, the algorithms, the schemas, the oracles and what Git ignores, as they were at the merge-base, into a temporary folder.
 *
 * Nothing of the commit is run: no hook, and no filter that its attributes ask for (files of Git LFS stay pointers). Line ends are
 * converted as a checkout would, so that a tree has the same hash here and in the work tree.
 *
 * @param root the repository's folder, or the folder below it that holds the catalog
 * @param ref any name of a commit: a branch, a tag, a hash
 * @throws {BaseError}
 */
export async function openBase(root: string, ref: string): Promise<Base> {
  const prefix = await prefixOf(root);
  return open(root, prefix, await mergeBase(root, ref));
}

/** The same of one commit. @throws {BaseError} */
export async function openCommit(root: string, commit: string): Promise<Base> {
  return open(root, await prefixOf(root), commit);
}

async function open(root: string, prefix: string, commit: string): Promise<Base> {
  const folder = await mkdtemp(join(tmpdir(), 'mip-base-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await extract(root, `${commit}:${prefix}`, folder);
    return { root: join(folder, 'tree'), commit, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** @returns where in its repository `root` lies: `''`, or a path that ends in a slash */
async function prefixOf(root: string): Promise<string> {
  const found = await git(root, ['rev-parse', '--show-prefix']);
  if (found.code === 'ENOENT') throw new BaseError('there is no git on this machine; install it, or check without a base');
  if (found.failed) throw new BaseError(`${root} is no Git repository, so there is no base to compare with${reasonOf(found)}`);
  return found.stdout;
}

async function mergeBase(root: string, ref: string): Promise<string> {
  const named = await git(root, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
  if (named.failed) throw new BaseError(`Git knows no commit ${JSON.stringify(ref)}; fetch it, or name another${await ifShallow(root)}`);
  const found = await git(root, ['merge-base', 'HEAD', named.stdout]);
  if (!found.failed) return found.stdout;
  if (found.exitCode !== 1) throw new BaseError(`there is no base to compare with${reasonOf(found)}`);
  throw new BaseError(`what is checked out and ${ref} have no common ancestor${await ifShallow(root)}`);
}

/** Only the last commits were fetched: the likely cause. */
async function ifShallow(root: string): Promise<string> {
  const { stdout } = await git(root, ['rev-parse', '--is-shallow-repository']);
  return stdout === 'true' ? '. This clone is shallow: fetch all commits (actions/checkout: fetch-depth: 0)' : '';
}

/** What the rules read. */
const READ = /^(catalog|algorithms|schemas|tests\/oracles)\/|(^|\/)\.gitignore$/;

async function extract(root: string, treeish: string, folder: string): Promise<void> {
  const tree = join(folder, 'tree');
  await mkdir(tree);
  // An index of its own: read-tree refuses paths that lead out of the tree, and attributes are read from it, not from the work tree.
  const where = {
    GIT_DIR: await must(root, ['rev-parse', '--absolute-git-dir']),
    GIT_WORK_TREE: tree,
    GIT_INDEX_FILE: join(folder, 'index'),
  };
  const filters = await withoutFilters(root);
  await must(tree, ['read-tree', treeish], where);
  const paths = (await must(tree, ['ls-files', '-z'], where)).split('\0').filter((path) => READ.test(path));
  await must(tree, [...filters, 'checkout-index', '-z', '--stdin'], where, paths.join('\0'));
}

/** Options that switch off the filters this machine has configured, such as Git LFS: the attributes of any commit may ask for them. */
async function withoutFilters(root: string): Promise<readonly string[]> {
  const { stdout } = await git(root, ['config', '--name-only', '-z', '--get-regexp', '^filter\\.']);
  const names = new Set(stdout.split('\0').flatMap((key) => /^filter\.(.*)\.[^.]*$/s.exec(key)?.[1] ?? []));
  return [...names].flatMap((name) => ['smudge=', 'process=', 'required=false'].flatMap((setting) => ['-c', `filter.${name}.${setting}`]));
}

/** @throws {BaseError} when Git says no. */
async function must(folder: string, args: readonly string[], variables: Variables = {}, input = ''): Promise<string> {
  const done = await git(folder, args, variables, input);
  if (done.failed) throw new BaseError(`the base cannot be read from Git${reasonOf(done)}`);
  return done.stdout;
}

/** In Git's own words: the first line that it wrote. */
function reasonOf({ stderr }: { readonly stderr: string }): string {
  const [line = ''] = stderr.trim().split('\n');
  return line && `: ${line.replace(/^(fatal|error): /, '')}`;
}
