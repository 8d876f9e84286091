/** What Git says of commits: who made them, what they change, how they lie to one another. */
import type { Git, Person } from './git.ts';

export interface Commit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Person;
  readonly committer: Person;
  readonly message: string;
}

export interface FileDiff {
  readonly status: 'added' | 'modified' | 'removed' | 'renamed';
  readonly path: string;
  readonly before?: string;
  readonly sha: string;
  readonly additions: number;
  readonly deletions: number;
  /** None of a binary file. */
  readonly patch?: string;
}

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const FORMAT = ['%H', '%T', '%P', '%an', '%ae', '%aI', '%cn', '%ce', '%cI', '%B'].join('%x1f');

/** Commits, newest first, by `git log`'s own arguments. */
export function log(git: Git, args: readonly string[]): readonly Commit[] {
  const printed = git.run(['log', '-z', `--format=${FORMAT}`, ...args]);
  return printed.split('\0').filter(Boolean).map(parse);
}

function parse(record: string): Commit {
  const [sha = '', tree = '', parents = '', an = '', ae = '', ad = '', cn = '', ce = '', cd = '', message = ''] = record.split('\x1f');
  return {
    sha,
    tree,
    parents: parents.split(' ').filter(Boolean),
    author: { name: an, email: ae, date: new Date(ad).toISOString().replace('.000', '') },
    committer: { name: cn, email: ce, date: new Date(cd).toISOString().replace('.000', '') },
    message: message.replace(/\n+$/, ''),
  };
}

/** @param sha of a commit that exists. */
export function readCommit(git: Git, sha: string): Commit {
  const [commit] = log(git, ['-1', sha]);
  if (!commit) throw new Error(`${sha} is no commit`);
  return commit;
}

export function mergeBase(git: Git, a: string, b: string): string | undefined {
  return git.ask(['merge-base', a, b]);
}

export function isAncestor(git: Git, ancestor: string, of: string): boolean {
  return git.ask(['merge-base', '--is-ancestor', ancestor, of]) !== undefined;
}

export function distance(git: Git, base: string, head: string): { readonly behind: number; readonly ahead: number } {
  const [behind = 0, ahead = 0] = git
    .run(['rev-list', '--left-right', '--count', `${base}...${head}`])
    .split('\t')
    .map(Number);
  return { behind, ahead };
}

/** @returns the tree of both, or undefined where they conflict. */
export function mergedTree(git: Git, base: string, head: string): string | undefined {
  return git.ask(['merge-tree', '--write-tree', base, head])?.split('\n')[0];
}

const STATUS = { A: 'added', M: 'modified', T: 'modified', D: 'removed', R: 'renamed' } as const;

/** @param from undefined compares with nothing, as of a first commit. */
export function diff(git: Git, from: string | undefined, to: string): readonly FileDiff[] {
  const range = ['-M', '--no-color', '--no-ext-diff', from ?? EMPTY_TREE, to];
  const raw = git.run(['diff', '--raw', '--abbrev=40', '-z', ...range]).split('\0');
  const counts = git.run(['diff', '--numstat', ...range]).split('\n');
  const patches = git
    .run(['diff', ...range])
    .split(/^diff --git /m)
    .slice(1);
  const files: FileDiff[] = [];
  for (let at = 0; raw[at]?.startsWith(':'); ) {
    const [, , before = '', after = '', letter = 'M'] = raw[at++]?.split(' ') ?? [];
    const status = STATUS[letter[0] as keyof typeof STATUS];
    const previous = status === 'renamed' ? raw[at++] : undefined;
    const path = raw[at++] ?? '';
    const [additions = 0, deletions = 0] = (counts[files.length] ?? '').split('\t').map((count) => Number(count) || 0);
    const patch = /^@@[\s\S]*/m.exec(patches[files.length] ?? '')?.[0].replace(/\n$/, '');
    const sha = status === 'removed' ? before : after;
    files.push({ status, path, ...(previous && { before: previous }), sha, additions, deletions, ...(patch && { patch }) });
  }
  return files;
}
