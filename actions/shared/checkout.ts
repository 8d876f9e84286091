/** What Git has of the repository that is checked out, whatever lies in the work tree. It only reads. */
import { getExecOutput } from '@actions/exec';
import { Failure } from './action.ts';

/** A file or a folder as a commit has it. */
export interface GitEntry {
  readonly mode: string;
  readonly sha: string;
}

export interface TextFile {
  /** From the repository's top. */
  readonly path: string;
  readonly mode: (typeof MODES)[number];
  readonly sha: string;
  readonly text: string;
}

const MODES = ['100644', '100755'] as const;

/** Git's answer, or undefined where it says no. */
export async function git(root: string, ...args: readonly string[]): Promise<string | undefined> {
  const done = await getExecOutput('git', [...args], { cwd: root, silent: true, ignoreReturnCode: true });
  return done.exitCode === 0 ? done.stdout : undefined;
}

/** The commit that lies in a folder. @throws {Failure} where it is no Git repository. */
export async function checkedOut(root: string): Promise<string> {
  return revParse(root, '--verify', 'HEAD');
}

/** Where in its repository a folder lies: `''`, or a path that ends in a slash. @throws {Failure} where it is no repository. */
export async function prefixOf(root: string): Promise<string> {
  return revParse(root, '--show-prefix');
}

async function revParse(root: string, ...what: readonly string[]): Promise<string> {
  const answer = await git(root, 'rev-parse', ...what);
  if (answer === undefined) throw new Failure(`${root} is no Git repository: check it out with actions/checkout`);
  return answer.replace(/\n$/, '');
}

/** @param path from the repository's top. */
export async function entryAt(root: string, commit: string, path: string): Promise<GitEntry | undefined> {
  const listed = await git(root, '--literal-pathspecs', 'ls-tree', '-z', '--full-tree', commit, '--', path);
  const [, mode, sha] = /^(\d{6}) \w+ ([0-9a-f]+)\t/.exec(listed ?? '') ?? [];
  return mode === undefined || sha === undefined ? undefined : { mode, sha };
}

/** A text file as a commit has it. @throws {Failure} where it is a link, or not there. */
export async function fileAt(root: string, commit: string, path: string): Promise<TextFile> {
  const entry = await entryAt(root, commit, path);
  const mode = MODES.find((one) => one === entry?.mode);
  if (!entry || !mode) throw new Failure(`${path} is no file at ${commit.slice(0, 12)}; put the file itself there`);
  return { path, mode, sha: entry.sha, text: (await git(root, 'cat-file', 'blob', entry.sha)) ?? '' };
}

/** Whether some of the history was not fetched. */
export async function isShallow(root: string): Promise<boolean> {
  return (await git(root, 'rev-parse', '--is-shallow-repository'))?.trim() === 'true';
}
