/** Commits, branches and files: what a clone pushes the API shows, and what the API makes a clone sees. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Client, client, refused } from './client.ts';
import { GitHubDouble } from './double.ts';

const at = { owner: 'octo', repo: 'catalog' };
const NOBODY = '1'.repeat(40);
let github: GitHubDouble;
let rest: Client['rest'];
let clone: string;

const git = (...args: string[]): string => {
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org'];
  return execFileSync('git', [...identity, ...args], { cwd: clone, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
};

beforeAll(async () => {
  github = await GitHubDouble.open();
  rest = client(github).rest;
  clone = mkdtempSync(join(tmpdir(), 'mip-clone-'));
  git('clone', '--quiet', github.repository.directory, '.');
  writeFileSync(join(clone, 'a file.txt'), 'first\n');
  symlinkSync('a file.txt', join(clone, 'link'));
  execFileSync('mkdir', ['-p', join(clone, 'deep', 'er')]);
  writeFileSync(join(clone, 'deep', 'er', 'b.txt'), 'b'.repeat(100));
  git('add', '-A');
  git('commit', '--quiet', '-m', 'First\n\nWith a body.');
  git('push', '--quiet', 'origin', 'HEAD:main');
});
afterEach(() => expect(github.violations.splice(0)).toEqual([]));
afterAll(async () => {
  await github.close();
  rmSync(clone, { recursive: true });
});

describe('what a clone pushed', () => {
  it('is a commit with its author, parents and files', async () => {
    const { data } = await rest.repos.getCommit({ ...at, ref: 'main' });
    expect(data.sha).toBe(git('rev-parse', 'HEAD'));
    expect(data.commit).toMatchObject({ message: 'First\n\nWith a body.', author: { name: 'Ada', email: 'ada@example.org' } });
    expect(data.files?.map(({ filename, status, additions }) => [filename, status, additions])).toEqual([
      ['a file.txt', 'added', 1],
      ['deep/er/b.txt', 'added', 1],
      ['link', 'added', 1],
    ]);
    expect(data.files?.[0]?.patch).toBe('@@ -0,0 +1 @@\n+first');
  });

  it('is a file in base64, in lines of 60', async () => {
    const { data } = await rest.repos.getContent({ ...at, path: 'deep/er/b.txt' });
    if (Array.isArray(data) || data.type !== 'file') throw new Error('no file');
    expect(data.content.split('\n').map((line) => line.length)).toEqual([60, 60, 16, 0]);
    expect(Buffer.from(data.content, 'base64').toString()).toBe('b'.repeat(100));
    expect(data).toMatchObject({ name: 'b.txt', path: 'deep/er/b.txt', size: 100, sha: git('rev-parse', 'HEAD:deep/er/b.txt') });
  });

  it('is a folder, a link, the root', async () => {
    const root = (await rest.repos.getContent({ ...at, path: '' })).data;
    const deep = (await rest.repos.getContent({ ...at, path: 'deep/' })).data;
    const names = (data: typeof root) => (Array.isArray(data) ? data.map(({ path, type }) => `${type} ${path}`) : []);
    expect(names(root)).toEqual(['file a file.txt', 'dir deep', 'symlink link']);
    expect(names(deep)).toEqual(['dir deep/er']);
    expect((await rest.repos.getContent({ ...at, path: 'link' })).data).toMatchObject({ type: 'symlink', target: 'a file.txt' });
  });

  it('is a tree, one level or all', async () => {
    const sha = git('rev-parse', 'HEAD^{tree}');
    const paths = async (recursive?: string) =>
      (await rest.git.getTree({ ...at, tree_sha: sha, ...(recursive && { recursive }) })).data.tree.map(({ path }) => path);
    expect(await paths()).toEqual(['a file.txt', 'deep', 'link']);
    expect(await paths('true')).toEqual(['a file.txt', 'deep', 'deep/er', 'deep/er/b.txt', 'link']);
  });

  it('is found by branch, tag, ref and SHA', async () => {
    git('tag', '-a', 'v1', '-m', 'v1');
    git('push', '--quiet', 'origin', 'v1');
    const head = git('rev-parse', 'HEAD');
    for (const ref of ['main', 'heads/main', 'refs/heads/main', 'v1', 'tags/v1', 'HEAD', head])
      expect((await rest.repos.getCommit({ ...at, ref })).data.sha, ref).toBe(head);
    expect((await rest.git.getRef({ ...at, ref: 'tags/v1' })).data.object.type).toBe('tag');
  });
});

describe('what the API made', () => {
  it('a clone sees: a file that is written, and written again', async () => {
    const file = { ...at, path: 'deep/new file.txt', branch: 'main' };
    const made = await rest.repos.createOrUpdateFileContents({ ...file, message: 'Add', content: Buffer.from('one\n').toString('base64') });
    expect(made.status).toBe(201);
    const sha = made.data.content?.sha ?? '';
    const changed = await rest.repos.createOrUpdateFileContents({
      ...file,
      message: 'Change',
      content: Buffer.from('two\n').toString('base64'),
      sha,
    });
    expect(changed.status).toBe(200);
    git('pull', '--quiet', 'origin', 'main');
    expect(readFileSync(join(clone, file.path), 'utf8')).toBe('two\n');
    expect(git('log', '--format=%s %an', '-2')).toBe('Change github-actions[bot]\nAdd github-actions[bot]');
    expect(git('rev-parse', 'HEAD')).toBe(changed.data.commit.sha);
  });

  it('a clone sees: blob, tree, commit, branch; and the tree keeps what it was not told', async () => {
    const parent = git('rev-parse', 'HEAD');
    const blob = (await rest.git.createBlob({ ...at, content: 'c\n' })).data.sha;
    const entries = [
      { path: 'c/c.txt', mode: '100644' as const, type: 'blob' as const, sha: blob },
      { path: 'run.sh', mode: '100755' as const, type: 'blob' as const, content: 'echo\n' },
      { path: 'link', mode: '120000' as const, type: 'blob' as const, sha: null },
    ];
    const tree = (await rest.git.createTree({ ...at, base_tree: parent, tree: entries })).data.sha;
    const author = { name: 'Bob', email: 'bob@example.org', date: '2024-01-31T10:00:00Z' };
    const commit = (await rest.git.createCommit({ ...at, message: 'By hand', tree, parents: [parent], author })).data;
    await rest.git.createRef({ ...at, ref: 'refs/heads/by/hand', sha: commit.sha });
    git('fetch', '--quiet', 'origin');
    expect(git('diff', '--name-status', parent, 'origin/by/hand')).toBe('A\tc/c.txt\nD\tlink\nA\trun.sh');
    expect(git('ls-tree', 'origin/by/hand', 'run.sh')).toMatch(/^100755/);
    expect(git('show', '-s', '--format=%an %cI', 'origin/by/hand')).toBe('Bob 2024-01-31T10:00:00Z'.replace('Z', '+00:00'));
    expect(commit.author).toEqual(author);
  });

  it('a subtree can be put in as it is', async () => {
    const deep = git('rev-parse', 'main:deep');
    const { data } = await rest.git.createTree({ ...at, tree: [{ path: 'copy', mode: '040000', type: 'tree', sha: deep }] });
    expect(data.tree).toMatchObject([{ path: 'copy', sha: deep, type: 'tree' }]);
  });

  it('a subtree takes the place of all that was at its path', async () => {
    const deep = git('rev-parse', 'main:deep');
    const tree = [{ path: 'place', mode: '040000' as const, type: 'tree' as const, sha: deep }];
    const inner = [{ path: 'place/old.txt', mode: '100644' as const, type: 'blob' as const, content: 'old' }];
    const base = (await rest.git.createTree({ ...at, base_tree: git('rev-parse', 'main'), tree: inner })).data.sha;
    const { data } = await rest.git.createTree({ ...at, base_tree: base, tree });
    expect(data.tree).toContainEqual(expect.objectContaining({ path: 'place', sha: deep }));
    expect(data.tree).toContainEqual(expect.objectContaining({ path: 'deep', sha: deep }));
  });

  it('a branch can be moved, listed and removed', async () => {
    const head = git('rev-parse', 'main');
    await rest.git.createRef({ ...at, ref: 'refs/heads/move/me', sha: `${git('rev-parse', 'main~1')}` });
    await rest.git.updateRef({ ...at, ref: 'heads/move/me', sha: head });
    expect((await rest.repos.getBranch({ ...at, branch: 'move/me' })).data.commit.sha).toBe(head);
    expect((await rest.git.listMatchingRefs({ ...at, ref: 'heads/move' })).data.map(({ ref }) => ref)).toEqual(['refs/heads/move/me']);
    await rest.git.deleteRef({ ...at, ref: 'heads/move/me' });
    expect(git('ls-remote', 'origin', 'refs/heads/move/me')).toBe('');
  });
});

describe('commits', () => {
  it('are listed newest first, by path, author and time', async () => {
    const subjects = async (own: object) =>
      (await rest.repos.listCommits({ ...at, ...own })).data.map(({ commit }) => commit.message.split('\n')[0]);
    expect(await subjects({})).toEqual(['Change', 'Add', 'First']);
    expect(await subjects({ path: 'deep/er' })).toEqual(['First']);
    expect(await subjects({ author: 'Ada' })).toEqual(['First']);
    expect(await subjects({ until: '2001-01-01T00:00:00Z' })).toEqual([]);
  });

  it('compare from where they parted', async () => {
    const base = git('rev-parse', 'main');
    github.repository.push('left', { 'left.txt': 'l' });
    const right = github.repository.push('right', { 'a file.txt': 'second\n' });
    const { data } = await rest.repos.compareCommitsWithBasehead({ ...at, basehead: 'left...right' });
    expect(data).toMatchObject({ status: 'diverged', ahead_by: 1, behind_by: 1, total_commits: 1, merge_base_commit: { sha: base } });
    expect(data.commits.map(({ sha }) => sha)).toEqual([right]);
    expect(data.files?.map(({ filename, status }) => [filename, status])).toEqual([['a file.txt', 'modified']]);
    const status = async (basehead: string) => (await rest.repos.compareCommitsWithBasehead({ ...at, basehead })).data.status;
    expect([await status('main...right'), await status('right...main'), await status('main...main')]).toEqual([
      'ahead',
      'behind',
      'identical',
    ]);
  });

  it('compare with a fork', async () => {
    const sha = github.fork('alice/catalog').push('theirs', { 'theirs.txt': 't' });
    const { data } = await rest.repos.compareCommitsWithBasehead({ ...at, basehead: 'main...alice:theirs' });
    expect(data.commits.map((commit) => commit.sha)).toEqual([sha]);
  });
});

describe('a call that GitHub refuses', () => {
  const main = () => github.repository.commit('main') ?? '';
  const write = (own: object) => rest.repos.createOrUpdateFileContents({ ...at, path: 'a file.txt', message: 'm', content: '', ...own });

  it.each<[string, () => Promise<unknown>, number, string]>([
    ['a file that is missing', () => rest.repos.getContent({ ...at, path: 'none.txt' }), 404, 'Not Found'],
    [
      'a file at a ref that is missing',
      () => rest.repos.getContent({ ...at, path: 'a file.txt', ref: 'none' }),
      404,
      'No commit found for the ref none',
    ],
    ['a repository that is missing', () => rest.repos.get({ owner: 'octo', repo: 'none' }), 404, 'Not Found'],
    ['a ref that is missing', () => rest.git.getRef({ ...at, ref: 'heads/none' }), 404, 'Not Found'],
    ['half the name of a ref', () => rest.git.getRef({ ...at, ref: 'heads/mai' }), 404, 'Not Found'],
    ['a branch that is missing', () => rest.repos.getBranch({ ...at, branch: 'none' }), 404, 'Branch not found'],
    ['a commit that is missing', () => rest.repos.getCommit({ ...at, ref: NOBODY }), 422, 'No commit found for SHA'],
    ['a ref that would be an option to Git', () => rest.repos.getCommit({ ...at, ref: '--all' }), 422, 'No commit found for SHA'],
    ['a git commit that is missing', () => rest.git.getCommit({ ...at, commit_sha: NOBODY }), 404, 'Not Found'],
    ['a tree that is missing', () => rest.git.getTree({ ...at, tree_sha: NOBODY }), 404, 'Not Found'],
    ['a blob that is missing', () => rest.git.getBlob({ ...at, file_sha: NOBODY }), 404, 'Not Found'],
    ['the commits of what is missing', () => rest.repos.listCommits({ ...at, sha: 'none' }), 404, 'Not Found'],
    ['a comparison with nothing', () => rest.repos.compareCommitsWithBasehead({ ...at, basehead: 'main...none' }), 404, 'Not Found'],
    ['a comparison of one', () => rest.repos.compareCommitsWithBasehead({ ...at, basehead: 'main' }), 404, 'Not Found'],
    ['a branch that exists', () => rest.git.createRef({ ...at, ref: 'refs/heads/main', sha: main() }), 422, 'Reference already exists'],
    ['a branch to nothing', () => rest.git.createRef({ ...at, ref: 'refs/heads/n', sha: NOBODY }), 422, 'Object does not exist'],
    ['a branch without refs/', () => rest.git.createRef({ ...at, ref: 'heads/n', sha: main() }), 422, 'is not a valid ref name'],
    ['a branch with a bad name', () => rest.git.createRef({ ...at, ref: 'refs/heads/a..b', sha: main() }), 422, 'is not a valid ref name'],
    [
      'a move of a branch that is missing',
      () => rest.git.updateRef({ ...at, ref: 'heads/none', sha: main() }),
      422,
      'Reference does not exist',
    ],
    ['a move to nothing', () => rest.git.updateRef({ ...at, ref: 'heads/main', sha: NOBODY }), 422, 'Object does not exist'],
    [
      'a move back',
      () => rest.git.updateRef({ ...at, ref: 'heads/main', sha: git('rev-parse', 'main~1') }),
      422,
      'Update is not a fast forward',
    ],
    ['a removal of a branch that is missing', () => rest.git.deleteRef({ ...at, ref: 'heads/none' }), 422, 'Reference does not exist'],
    ['a tree on nothing', () => rest.git.createTree({ ...at, base_tree: NOBODY, tree: [] }), 404, 'Not Found'],
    [
      'a tree of what is missing',
      () => rest.git.createTree({ ...at, tree: [{ path: 'x', mode: '100644', type: 'blob', sha: NOBODY }] }),
      422,
      'is not a valid blob',
    ],
    [
      'a tree with sha and content',
      () => rest.git.createTree({ ...at, tree: [{ path: 'x', sha: NOBODY, content: '' }] }),
      422,
      'either tree.sha or tree.content',
    ],
    ['a tree without a path', () => rest.git.createTree({ ...at, tree: [{ content: '' }] }), 422, 'tree.path'],
    ['a commit of no tree', () => rest.git.createCommit({ ...at, message: 'm', tree: NOBODY }), 422, 'Tree SHA does not exist'],
    [
      'a commit on nothing',
      () => rest.git.createCommit({ ...at, message: 'm', tree: git('rev-parse', 'main^{tree}'), parents: [NOBODY] }),
      422,
      'Parent SHA',
    ],
    ['a write over a file that was not read', () => write({}), 422, `"sha" wasn't supplied`],
    ['a write over a file that has changed', () => write({ sha: NOBODY }), 409, `a file.txt does not match ${NOBODY}`],
    ['a write of a file that is gone', () => write({ path: 'gone.txt', sha: NOBODY }), 409, 'gone.txt does not match'],
    ['a write to a branch that is missing', () => write({ path: 'x', branch: 'none' }), 404, 'Branch none not found'],
  ])('%s', async (_, call, status, message) => {
    expect(await refused(call())).toMatchObject({ status, message: expect.stringContaining(message) });
  });

  it('moves back when it is forced', async () => {
    const [before, back] = [git('rev-parse', 'main'), git('rev-parse', 'main~1')];
    expect((await rest.git.updateRef({ ...at, ref: 'heads/main', sha: back, force: true })).data.object.sha).toBe(back);
    github.repository.commit('main');
    await rest.git.updateRef({ ...at, ref: 'heads/main', sha: before });
  });

  it('gives no content of a file above a megabyte', async () => {
    github.repository.push('large', { 'large.bin': 'x'.repeat((1 << 20) + 1) });
    expect((await rest.repos.getContent({ ...at, path: 'large.bin', ref: 'large' })).data).toMatchObject({ encoding: 'none', content: '' });
  });
});
