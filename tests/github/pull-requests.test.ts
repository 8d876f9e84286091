/** Pull requests: they follow their branch, here or in a fork, say what they change, and are merged. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Client, client, refused } from './client.ts';
import { GitHubDouble } from './double.ts';

const at = { owner: 'octo', repo: 'catalog' };
let github: GitHubDouble;
let octokit: Client;
let rest: Client['rest'];
let first: string;

beforeAll(async () => {
  github = await GitHubDouble.open();
  octokit = client(github);
  rest = octokit.rest;
  first = github.repository.push('main', { 'README.md': 'one\n', 'old.txt': 'a long enough text\nto be known again\n', 'gone.txt': 'x' });
});
afterEach(() => expect(github.violations.splice(0)).toEqual([]));
afterAll(() => github.close());

const open = (head: string, own: object = {}) => rest.pulls.create({ ...at, title: `Pull ${head}`, head, base: 'main', ...own });
const get = async (pull_number: number) => (await rest.pulls.get({ ...at, pull_number })).data;

describe('a pull request', () => {
  it('says what it changes', async () => {
    const head = github.repository.push('changes', {
      'README.md': 'two\n',
      'old.txt': null,
      'new.txt': 'a long enough text\nto be known again\n',
      'gone.txt': null,
    });
    const { data } = await open('changes', { body: 'Why.' });
    expect(data).toMatchObject({
      ...{ state: 'open', merged: false, mergeable: true, mergeable_state: 'clean', body: 'Why.', commits: 1, changed_files: 3 },
      user: { login: 'github-actions[bot]' },
      head: { ref: 'changes', sha: head, repo: { full_name: 'octo/catalog' } },
      base: { ref: 'main', sha: first },
    });
    const files = (await rest.pulls.listFiles({ ...at, pull_number: data.number })).data;
    expect(files.map(({ filename, status, previous_filename }) => [status, filename, previous_filename])).toEqual([
      ['modified', 'README.md', undefined],
      ['removed', 'gone.txt', undefined],
      ['renamed', 'new.txt', 'old.txt'],
    ]);
    expect(files[0]).toMatchObject({ additions: 1, deletions: 1, changes: 2, patch: '@@ -1 +1 @@\n-one\n+two' });
    expect((await rest.pulls.listCommits({ ...at, pull_number: data.number })).data.map(({ sha }) => sha)).toEqual([head]);
  });

  it('follows its branch, and is closed when that goes', async () => {
    github.repository.push('moves', { 'm.txt': '1' });
    const { number } = (await open('moves')).data;
    const second = github.repository.push('moves', { 'm.txt': '2' });
    expect((await get(number)).head.sha).toBe(second);
    github.repository.deleteBranch('moves');
    expect(await get(number)).toMatchObject({ state: 'closed', merged: false, head: { sha: second } });
  });

  it('keeps the base that it saw when its head last moved', async () => {
    github.repository.push('lags', { 'l.txt': '1' });
    const { number, base } = (await open('lags')).data;
    const later = github.repository.push('main', { 'later.txt': '1' });
    expect(await get(number)).toMatchObject({ base: { sha: base.sha }, mergeable_state: 'behind', changed_files: 1 });
    github.repository.push('lags', { 'l.txt': '2' });
    expect((await get(number)).base.sha).toBe(later);
  });

  it('of a fork has its head in the fork, and its commits here', async () => {
    const fork = github.fork('alice/catalog');
    const sha = fork.push('theirs', { 'README.md': 'theirs\n' });
    const number = github.repository.pullRequest({ head: 'theirs', fork, login: 'alice' });
    const data = await get(number);
    expect(data.head).toMatchObject({ label: 'alice:theirs', sha, repo: { full_name: 'alice/catalog', fork: true } });
    expect((await rest.git.getRef({ ...at, ref: `pull/${number}/head` })).data.object.sha).toBe(sha);
    expect((await rest.repos.getContent({ ...at, path: 'README.md', ref: sha })).status).toBe(200);
    expect((await rest.pulls.list({ ...at, head: 'alice:theirs' })).data.map((own) => own.number)).toEqual([number]);
    expect((await open('alice:other').catch((fault) => fault)).status).toBe(422);
  });

  it('with 300 changed files lists them in pages', async () => {
    github.repository.push('many', Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`many/${index}.yaml`, `${index}\n`])));
    const pull_number = github.repository.pullRequest({ head: 'many' });
    const files = await octokit.paginate(rest.pulls.listFiles, { ...at, pull_number, per_page: 100 });
    expect(new Set(files.map(({ filename }) => filename)).size).toBe(300);
  });

  it('can be renamed, closed, opened again', async () => {
    github.repository.push('edits', { 'e.txt': '1' });
    const { number: pull_number } = (await open('edits')).data;
    await rest.pulls.update({ ...at, pull_number, title: 'Better', body: 'Because.', state: 'closed' });
    expect(await get(pull_number)).toMatchObject({ title: 'Better', body: 'Because.', state: 'closed', closed_at: expect.any(String) });
    expect(await refused(rest.pulls.update({ ...at, pull_number, base: 'none' }))).toMatchObject({ status: 422 });
    await rest.pulls.update({ ...at, pull_number, state: 'open' });
    expect(await get(pull_number)).toMatchObject({ state: 'open', closed_at: null });
  });

  it('shows its reviews', async () => {
    const number = github.repository.pullRequest({ head: 'edits', base: 'lags' });
    github.repository.review(number, { login: 'clinician', state: 'APPROVED', body: 'Fine' });
    const { data } = await rest.pulls.listReviews({ ...at, pull_number: number });
    expect(data).toMatchObject([
      { state: 'APPROVED', body: 'Fine', user: { login: 'clinician' }, commit_id: github.repository.commit('edits') },
    ]);
  });

  it('keeps a review that was dismissed, and one of a commit before', async () => {
    github.repository.push('reviewed', { 'r.txt': '1' });
    const number = github.repository.pullRequest({ head: 'reviewed' });
    const [first] = [github.repository.commit('reviewed')];
    github.repository.dismiss(github.repository.review(number, { login: 'clinician', state: 'APPROVED' }));
    const second = github.repository.push('reviewed', { 'r.txt': '2' });
    github.repository.review(number, { login: 'clinician', state: 'COMMENTED' });
    const { data } = await rest.pulls.listReviews({ ...at, pull_number: number });
    expect(data.map(({ state, commit_id }) => [state, commit_id])).toEqual([
      ['DISMISSED', first],
      ['COMMENTED', second],
    ]);
  });

  it('is an issue too', async () => {
    const number = github.repository.pullRequest({ head: 'many', base: 'lags' });
    expect((await rest.issues.get({ ...at, issue_number: number })).data.pull_request?.url).toBe(
      `${github.url}/repos/octo/catalog/pulls/${number}`,
    );
    expect((await rest.issues.listForRepo(at)).data.some((issue) => issue.number === number && issue.pull_request)).toBe(true);
    expect(github.repository.issues).toEqual([]);
  });
});

describe('a merge', () => {
  const merge = (pull_number: number, own: object = {}) => rest.pulls.merge({ ...at, pull_number, ...own });
  const pullsOf = async (commit_sha: string) =>
    (await rest.repos.listPullRequestsAssociatedWithCommit({ ...at, commit_sha })).data.map(({ number }) => number);

  it('makes a commit with two parents; the base moves and the pull request knows', async () => {
    const head = github.repository.push('merged', { 'merged.txt': '1' });
    const base = github.repository.push('main', { 'meanwhile.txt': '1' });
    const { number } = (await open('merged')).data;
    expect(await pullsOf(head)).toEqual([number]);
    const { sha } = (await merge(number, { sha: head })).data;
    expect(github.repository.commit('main')).toBe(sha);
    expect((await rest.git.getCommit({ ...at, commit_sha: sha })).data.parents.map((parent) => parent.sha)).toEqual([base, head]);
    expect(github.repository.file('main', 'merged.txt')).toBe('1');
    expect(await get(number)).toMatchObject({
      state: 'closed',
      merged: true,
      merge_commit_sha: sha,
      merged_by: { login: 'github-actions[bot]' },
    });
    expect([await pullsOf(sha), await pullsOf(head)]).toEqual([[number], [number]]);
  });

  it('by squashing makes one commit, that the pull request belongs to', async () => {
    const head = github.repository.push('squashed', { 's.txt': '1' });
    github.repository.push('squashed', { 's.txt': '2' });
    const number = github.repository.pullRequest({ head: 'squashed', title: 'Squash me' });
    const sha = github.repository.merge(number, { method: 'squash', login: 'octocat' });
    const { data } = await rest.repos.getCommit({ ...at, ref: sha });
    expect([data.commit.message, data.parents.length]).toEqual([`Squash me (#${number})`, 1]);
    expect([await pullsOf(sha), await pullsOf(head)]).toEqual([[number], []]);
  });

  /** A pull request that changes one file. @returns its number. */
  function prepare(head: string, { path = head, draft = false } = {}): number {
    github.repository.push(head, { [path]: `${head}\n` });
    return github.repository.pullRequest({ head, draft });
  }

  it.each<[string, () => number, object, number, string]>([
    ['of a head that has moved', () => prepare('moved'), { sha: '1'.repeat(40) }, 409, 'Head branch was modified'],
    ['of a draft', () => prepare('draft', { draft: true }), {}, 405, 'draft'],
    ['by rebasing', () => prepare('rebase'), { merge_method: 'rebase' }, 405, 'Rebase merges are not allowed'],
    ['of nothing', () => 9999, {}, 404, 'Not Found'],
  ])('%s is refused', async (_, number, how, status, message) => {
    expect(await refused(merge(number(), how))).toMatchObject({ status, message: expect.stringContaining(message) });
  });

  it('that conflicts is refused', async () => {
    const number = prepare('conflict', { path: 'README.md' });
    github.repository.push('main', { 'README.md': 'x' });
    expect(await get(number)).toMatchObject({ mergeable: false, mergeable_state: 'dirty' });
    expect(await refused(merge(number))).toMatchObject({ status: 405, message: expect.stringContaining('not mergeable') });
  });

  it('is done once', async () => {
    const number = prepare('twice');
    github.repository.merge(number);
    expect(await refused(rest.pulls.update({ ...at, pull_number: number, state: 'open' }))).toMatchObject({ status: 422 });
    expect(await refused(merge(number))).toMatchObject({ status: 405, message: expect.stringContaining('not mergeable') });
  });
});

describe('opening is refused', () => {
  beforeAll(() => {
    github.repository.push('again', { 'again.txt': '1' });
    github.repository.pullRequest({ head: 'again' });
  });

  it.each<[string, () => Promise<unknown>, number, string]>([
    ['for a head that is missing', () => open('none'), 422, '"field":"head"'],
    ['for a base that is missing', () => open('again', { base: 'none' }), 422, '"field":"base"'],
    ['for a fork that is missing', () => open('nobody:again'), 422, '"field":"head"'],
    ['a second time', () => open('again'), 422, 'A pull request already exists for octo:again.'],
    ['where nothing differs', () => open('main', { base: 'again' }), 422, 'No commits between again and main'],
    ['without a title', () => open('again', { title: '' }), 422, 'missing_field'],
    [
      'with a text that is too long',
      () => open('again', { body: 'x'.repeat(65_537) }),
      422,
      'body is too long (maximum is 65536 characters)',
    ],
  ])('%s', async (_, call, status, message) => {
    expect(await refused(call())).toMatchObject({ status, message: expect.stringContaining(message) });
  });

  it('to workflows, where the repository does not allow it', async () => {
    github.repository.actionsMayOpenPullRequests = false;
    expect(await refused(open('again'))).toMatchObject({
      status: 403,
      message: expect.stringContaining('not permitted to create or approve pull requests'),
    });
    github.repository.push('person', { 'p.txt': '1' });
    const person = client(github, { login: 'octocat' }).rest;
    expect((await person.pulls.create({ ...at, title: 't', head: 'person', base: 'main' })).status).toBe(201);
    github.repository.actionsMayOpenPullRequests = true;
  });
});

describe('a list', () => {
  it('is filtered and sorted', async () => {
    const list = async (own: object) => (await rest.pulls.list({ ...at, per_page: 100, ...own })).data;
    const opened = await list({});
    expect(opened.every(({ state }) => state === 'open')).toBe(true);
    expect(opened.map(({ number }) => number)).toEqual(opened.map(({ number }) => number).sort((a, b) => b - a));
    expect((await list({ state: 'all' })).length).toBe(github.repository.pullRequests.length);
    expect((await list({ state: 'closed' })).every(({ closed_at }) => closed_at)).toBe(true);
    expect((await list({ base: 'lags' })).map(({ base }) => base.ref)).toEqual(['lags', 'lags']);
    expect((await list({ head: 'octo:again' })).map(({ head }) => head.ref)).toEqual(['again']);
    expect((await list({ direction: 'asc' }))[0]?.number).toBe(Math.min(...opened.map(({ number }) => number)));
  });
});
