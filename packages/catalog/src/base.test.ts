import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BaseError, openBase } from './base.ts';
import { treeHash } from './tree-hash.ts';

let home: string;
let root: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mip-git-'));
  root = join(home, 'repository');
  mkdirSync(root);
  git('init', '-q', '-b', 'main');
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

/** Git as on a machine where nothing is configured. */
const ENVIRONMENT = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.org',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.org',
};

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** Makes each commit another one, though they are made within a second. */
let commits = 0;

function commit(files: Readonly<Record<string, string>> = {}): string {
  for (const [path, text] of Object.entries(files)) write(path, text);
  git('add', '-A');
  git('commit', '-q', '--allow-empty', '-m', `commit ${++commits}`);
  return git('rev-parse', 'HEAD');
}

async function reading<T>(ref: string, look: (root: string, commit: string) => T | Promise<T>): Promise<T> {
  const base = await openBase(root, ref);
  try {
    return await look(base.root, base.commit);
  } finally {
    await base.remove();
  }
}

const files = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

describe('the base of a change', () => {
  it('is the merge-base, not the tip of the other branch', async () => {
    const fork = commit({ 'catalog/a.yaml': 'old' });
    git('checkout', '-q', '-b', 'branch');
    commit({ 'catalog/a.yaml': 'mine' });
    git('checkout', '-q', 'main');
    commit({ 'catalog/a.yaml': 'theirs' });
    git('checkout', '-q', 'branch');
    write('catalog/a.yaml', 'not committed');
    expect(await reading('main', (base, at) => [at, readFileSync(join(base, 'catalog/a.yaml'), 'utf8')])).toEqual([fork, 'old']);
  });

  it('has what the rules read, and nothing else', async () => {
    commit({
      '.gitignore': '*.o\n',
      'catalog/algorithms/a.yaml': '',
      'algorithms/a/main.c': '',
      'schemas/x.json': '',
      'other/.gitignore': '',
      'other/big': '',
      'package.json': '',
      'catalogue/a': '',
    });
    expect(await reading('main', files)).toEqual([
      '.gitignore',
      'algorithms/a/main.c',
      'catalog/algorithms/a.yaml',
      'other/.gitignore',
      'schemas/x.json',
    ]);
  });

  it('leaves index, work tree and branches as they are', async () => {
    commit({ 'catalog/a.yaml': 'one', 'catalog/b.yaml': 'one' });
    write('catalog/a.yaml', 'two');
    git('add', '-A');
    write('catalog/b.yaml', 'three');
    write('catalog/c.yaml', 'new');
    const state = () => [git('status', '--porcelain=v2', '--branch'), readFileSync(join(root, '.git/index')).toString('hex')];
    const before = state();
    await reading('HEAD', () => undefined);
    expect(state()).toEqual(before);
  });

  it('gives a tree the hash that it has in the work tree: modes, links, line ends', async () => {
    commit({ '.gitattributes': '*.bat text eol=crlf\n', 'algorithms/a/run.bat': 'a\r\nb\r\n', 'algorithms/a/run.sh': '#!/bin/sh\n' });
    chmodSync(join(root, 'algorithms/a/run.sh'), 0o755);
    symlinkSync('run.sh', join(root, 'algorithms/a/link'));
    write('algorithms/a/grüß gott\n', 'x');
    commit();
    const [hash, link, mode] = await reading('HEAD', async (base) => [
      await treeHash(base, ['algorithms/a']),
      readlinkSync(join(base, 'algorithms/a/link')),
      lstatSync(join(base, 'algorithms/a/run.sh')).mode & 0o111,
    ]);
    expect([hash, link, (mode as number) > 0]).toEqual([await treeHash(root, ['algorithms/a']), 'run.sh', true]);
  });

  it('is found from a folder below the repository, and by any name of a commit', async () => {
    const first = commit({ 'mip/catalog/a.yaml': 'below', 'catalog/a.yaml': 'above' });
    git('tag', '-a', 'v1', '-m', 'x');
    root = join(root, 'mip');
    for (const ref of ['v1', 'main', first, first.slice(0, 8), 'HEAD~0'])
      expect(await reading(ref, (base) => readFileSync(join(base, 'catalog/a.yaml'), 'utf8'))).toBe('below');
  });

  it('may have no catalog at all', async () => {
    commit();
    expect(await reading('HEAD', files)).toEqual([]);
  });

  it('is removed, also when it could not be made', async () => {
    commit({ 'catalog/a.yaml': '' });
    vi.stubEnv('TMPDIR', home);
    const base = await openBase(root, 'HEAD');
    await base.remove();
    expect(existsSync(dirname(base.root))).toBe(false);
    const blob = git('rev-parse', 'HEAD:catalog/a.yaml');
    rmSync(join(root, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    await expect(openBase(root, 'HEAD')).rejects.toThrow(/^the base cannot be read from Git: unable to read sha1 file of catalog\/a.yaml/);
    expect(readdirSync(home)).toEqual(['repository']);
  });

  it('runs no hook and no filter', async () => {
    commit({ '.gitattributes': '* filter=evil\n', 'catalog/a.yaml': 'as stored' });
    const told = join(home, 'told');
    const script = join(home, 'script');
    writeFileSync(script, `#!/bin/sh\ntouch ${told}\ncat\n`, { mode: 0o755 });
    for (const hook of ['post-index-change', 'post-checkout', 'reference-transaction']) {
      writeFileSync(join(root, '.git/hooks', hook), readFileSync(script), { mode: 0o755 });
    }
    for (const what of ['smudge', 'process']) git('config', `filter.evil.${what}`, script);
    git('config', 'filter.evil.required', 'true');
    git('config', 'core.fsmonitor', script);
    rmSync(told, { force: true });
    expect(await reading('HEAD', (base) => readFileSync(join(base, 'catalog/a.yaml'), 'utf8'))).toBe('as stored');
    expect(existsSync(told)).toBe(false);
  });

  it('is whole in a sparse checkout', async () => {
    commit({ 'catalog/a.yaml': '', 'algorithms/a/one': '' });
    git('sparse-checkout', 'set', 'catalog');
    expect(await reading('HEAD', files)).toEqual(['algorithms/a/one', 'catalog/a.yaml']);
  });
});

describe('what cannot be a base is told in a sentence', () => {
  const told = async (ref = 'main') => {
    const error = await openBase(root, ref).catch((reason) => reason);
    expect(error).toBeInstanceOf(BaseError);
    return (error as Error).message.replaceAll(home, '');
  };

  it.each(['nowhere', '--all', '-h', 'main:catalog', '', 'x"; touch y'])('a name of nothing: %s', async (ref) => {
    commit({ 'catalog/a.yaml': '' });
    expect(await told(ref)).toBe(`Git knows no commit ${JSON.stringify(ref)}; fetch it, or name another`);
  });

  it('no Git', async () => {
    vi.stubEnv('PATH', home);
    expect(await told()).toBe('there is no git on this machine; install it, or check without a base');
  });

  it('no repository', async () => {
    rmSync(join(root, '.git'), { recursive: true });
    expect(await told()).toMatch(/^\/repository is no Git repository, so there is no base to compare with: not a git repository/);
  });

  it('a repository without a commit', async () => {
    expect(await told()).toBe('Git knows no commit "main"; fetch it, or name another');
  });

  it('no common ancestor', async () => {
    commit();
    git('checkout', '-q', '--orphan', 'other');
    commit();
    expect(await told()).toBe('what is checked out and main have no common ancestor');
  });

  it('a shallow clone', async () => {
    commit({ 'catalog/a.yaml': '' });
    git('checkout', '-q', '-b', 'branch');
    commit();
    git('checkout', '-q', 'main');
    const tip = commit();
    git('clone', '-q', '--depth', '1', '--no-single-branch', `file://${root}`, join(home, 'clone'));
    root = join(home, 'clone');
    const advice = '. This clone is shallow: fetch all commits (actions/checkout: fetch-depth: 0)';
    expect(await told('origin/branch')).toBe(`what is checked out and origin/branch have no common ancestor${advice}`);
    expect(await told(`${tip}~1`)).toBe(`Git knows no commit "${tip}~1"; fetch it, or name another${advice}`);
  });
});
