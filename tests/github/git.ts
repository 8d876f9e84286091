/**
 * A bare repository on disk, by Git's own command line: a test pushes to it and clones from it, the double reads and writes it. Every call
 * waits, so that a request is answered as one step that no other request comes between.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Person {
  readonly name: string;
  readonly email: string;
  /** ISO 8601. */
  readonly date: string;
}

export interface Ref {
  readonly ref: string;
  readonly sha: string;
  readonly type: 'blob' | 'commit' | 'tag' | 'tree';
}

export interface Entry {
  readonly mode: string;
  readonly type: 'blob' | 'commit' | 'tree';
  readonly sha: string;
  readonly size: number;
  readonly path: string;
}

/** What becomes of a path in a new tree. */
export interface Edit {
  readonly path: string;
  readonly mode: string;
  /** Null removes the path. */
  readonly sha: string | null;
}

const LARGEST = 1 << 28;
const ABSENT = '0'.repeat(40);

interface Extra {
  readonly input?: Buffer | string;
  readonly env?: Readonly<Record<string, string>>;
}

export class Git {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** An empty repository whose branch will be `main`; its parent folder may be missing. */
  static create(directory: string): Git {
    mkdirSync(directory, { recursive: true });
    const git = new Git(directory);
    git.run(['init', '--quiet', '--bare', '--initial-branch=main']);
    for (const [name, value] of [
      ['uploadpack.allowAnySHA1InWant', 'true'],
      ['uploadpack.allowFilter', 'true'],
      ['gc.auto', '0'],
    ])
      git.run(['config', name ?? '', value ?? '']);
    return git;
  }

  /** @throws Error with what Git said. */
  bytes(args: readonly string[], { input, env }: Extra = {}): Buffer {
    const done = this.#spawn(args, { ...(input !== undefined && { input }), ...(env && { env }) });
    if (done.status !== 0) throw new Error(`git ${args.join(' ')}: ${done.stderr}`);
    return done.stdout;
  }

  run(args: readonly string[], extra: Extra = {}): string {
    return this.bytes(args, extra).toString().replace(/\n$/, '');
  }

  /** @returns undefined where Git's status is not 0. */
  ask(args: readonly string[]): string | undefined {
    const done = this.#spawn(args, {});
    return done.status === 0 ? done.stdout.toString().trim() : undefined;
  }

  #spawn(args: readonly string[], { input, env }: Extra) {
    const settings = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', LC_ALL: 'C', TZ: 'UTC' };
    const identity = { GIT_COMMITTER_NAME: 'GitHub', GIT_COMMITTER_EMAIL: 'noreply@github.com' };
    return spawnSync('git', [...args], {
      cwd: this.directory,
      maxBuffer: LARGEST,
      ...(input !== undefined && { input }),
      env: { PATH: process.env.PATH ?? '', HOME: this.directory, ...settings, ...identity, ...env },
    });
  }

  /** The object behind a name, or undefined. A name that starts with `-` would be an option to Git and names nothing. */
  resolve(name: string, type = 'commit'): string | undefined {
    if (name.startsWith('-') || /[\s^~:?*[\\]/.test(name) || name === '') return undefined;
    return this.ask(['rev-parse', '--verify', '--quiet', `${name}^{${type}}`]);
  }

  /** The commit that GitHub would find: a SHA, else a branch, else a tag, else a full or half ref. `HEAD` is the default branch. */
  commit(name: string): string | undefined {
    if (/^[0-9a-f]{40}$/.test(name)) return this.resolve(name);
    for (const place of ['refs/heads/', 'refs/tags/', 'refs/', '']) {
      const found = this.resolve(`${place}${name}`);
      if (found) return found;
    }
    return undefined;
  }

  refs(prefix: string): readonly Ref[] {
    const lines = this.run(['for-each-ref', '--format=%(refname) %(objectname) %(objecttype)']).split('\n');
    return lines
      .filter((line) => line.startsWith(prefix))
      .map((line) => {
        const [ref = '', sha = '', type = 'commit'] = line.split(' ');
        return { ref, sha, type: type as Ref['type'] };
      });
  }

  ref(name: string): Ref | undefined {
    return this.refs(name).find(({ ref }) => ref === name);
  }

  setRef(name: string, sha: string): void {
    this.run(['update-ref', name, sha]);
  }

  removeRef(name: string): void {
    this.run(['update-ref', '-d', name]);
  }

  /** @returns the entry at a path, or undefined. */
  entry(commit: string, path: string): Entry | undefined {
    return this.entries(commit, [path])[0];
  }

  /** Everything directly in a tree, or the entries at the given paths; with `recursive` everything below. */
  entries(tree: string, paths: readonly string[] = [], recursive = false): readonly Entry[] {
    const flags = recursive ? ['-r', '-t'] : [];
    const listed = this.run(['--literal-pathspecs', 'ls-tree', '-z', '-l', ...flags, tree, ...(paths.length ? ['--', ...paths] : [])]);
    return listed
      .split('\0')
      .filter(Boolean)
      .map((line) => {
        const [, mode = '', type = '', sha = '', size = '', path = ''] = /^(\d+) (\w+) (\w+) +(\S+)\t(.*)$/s.exec(line) ?? [];
        return { mode, type: type as Entry['type'], sha, size: Number(size) || 0, path };
      });
  }

  blob(sha: string): Buffer | undefined {
    return this.resolve(sha, 'blob') ? this.bytes(['cat-file', 'blob', sha]) : undefined;
  }

  writeBlob(content: Buffer | string): string {
    return this.run(['hash-object', '-w', '--stdin'], { input: content });
  }

  /** A tree as another with some paths put in or taken out. */
  writeTree(base: string | undefined, edits: readonly Edit[]): string {
    const folder = mkdtempSync(join(tmpdir(), 'mip-index-'));
    const env = { GIT_INDEX_FILE: join(folder, 'index') };
    try {
      if (base) this.run(['read-tree', base], { env });
      const lines = edits
        .flatMap((edit) => [...this.#displaced(base, edit), ...this.#leaves(edit)])
        .map(({ mode, sha, path }) => (sha ? `${mode} ${sha}\t${path}\0` : `0 ${ABSENT}\t${path}\0`));
      this.run(['update-index', '-z', '--index-info'], { env, input: lines.join('') });
      return this.run(['write-tree'], { env });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** What goes where a whole tree takes the place of another. */
  #displaced(base: string | undefined, { path, mode }: Edit): readonly Edit[] {
    if (base === undefined || mode !== '040000') return [];
    const files = this.entries(base, [path], true).filter(({ type }) => type !== 'tree');
    return files.map((file) => ({ path: file.path, mode: file.mode, sha: null }));
  }

  /** A tree is put in by the files in it: an index knows no folders. */
  #leaves(edit: Edit): readonly Edit[] {
    if (edit.mode !== '040000' || edit.sha === null) return [edit];
    const files = this.entries(edit.sha, [], true).filter(({ type }) => type !== 'tree');
    return files.map(({ mode, sha, path }) => ({ mode, sha, path: `${edit.path}/${path}` }));
  }

  writeCommit(commit: { tree: string; parents: readonly string[]; message: string; author: Person; committer: Person }): string {
    const { tree, parents, message, author, committer } = commit;
    const env = {
      GIT_AUTHOR_NAME: author.name,
      GIT_AUTHOR_EMAIL: author.email,
      GIT_AUTHOR_DATE: author.date,
      GIT_COMMITTER_NAME: committer.name,
      GIT_COMMITTER_EMAIL: committer.email,
      GIT_COMMITTER_DATE: committer.date,
    };
    return this.run(['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent])], { env, input: message });
  }

  /** Takes a branch of another repository in under a ref of this one. */
  fetch(other: Git, from: string, to: string): void {
    this.run(['fetch', '--quiet', '--no-tags', other.directory, `+${from}:${to}`]);
  }
}
