/** Who may call the double, and how its lists come in pages. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TokenOptions } from './actor.ts';
import { type Client, client, refused } from './client.ts';
import { GitHubDouble } from './double.ts';

const at = { owner: 'octo', repo: 'catalog' };
let github: GitHubDouble;
let rest: Client['rest'];
let head: string;
let pull: number;
let issue: number;

beforeAll(async () => {
  github = await GitHubDouble.open();
  rest = client(github).rest;
  github.repository.push('main', { 'README.md': 'one\n' });
  head = github.repository.push('change', { 'README.md': 'two\n' });
  pull = github.repository.pullRequest({ head: 'change' });
  issue = github.repository.issue({ title: 'Drift' });
});
beforeEach(() => github.restart());
afterAll(() => github.close());

/** Without a client's own ideas of a request. */
function raw(path: string, init: RequestInit & { headers?: Record<string, string> } = {}): Promise<Response> {
  const headers = { authorization: `token ${github.token()}`, accept: 'application/json', ...init.headers };
  return fetch(`${github.url}${path}`, { ...init, headers });
}

describe('who calls', () => {
  const noneBut = (permissions: TokenOptions['permissions']): TokenOptions => ({ permissions: permissions ?? {} });
  afterEach(() => expect(github.violations.splice(0)).toEqual([]));

  it('refuses a token that it did not give', async () => {
    const answer = await raw('/repos/octo/catalog', { headers: { authorization: 'token ghs_stolen' } });
    expect([answer.status, await answer.json()]).toMatchObject([401, { message: 'Bad credentials' }]);
  });

  it.each<[string, TokenOptions, (rest: Client['rest']) => Promise<unknown>]>([
    [
      'comments on a pull request without pull-requests or issues',
      noneBut({ contents: 'write' }),
      (as) => as.issues.createComment({ ...at, issue_number: pull, body: 'x' }),
    ],
    [
      'comments on an issue with pull-requests',
      noneBut({ 'pull-requests': 'write' }),
      (as) => as.issues.createComment({ ...at, issue_number: issue, body: 'x' }),
    ],
    ['makes a check run with checks: read', noneBut({ checks: 'read' }), (as) => as.checks.create({ ...at, name: 'n', head_sha: head })],
    [
      'makes a branch with contents: read',
      noneBut({ contents: 'read' }),
      (as) => as.git.createRef({ ...at, ref: 'refs/heads/n', sha: head }),
    ],
    ['reads a file with contents: none', noneBut({ contents: 'none' }), (as) => as.repos.getContent({ ...at, path: 'README.md' })],
    ['deploys without deployments', noneBut({ contents: 'write' }), (as) => as.repos.createDeployment({ ...at, ref: 'main' })],
    ['opens an issue with issues: read', noneBut({ issues: 'read' }), (as) => as.issues.create({ ...at, title: 'x' })],
    ['asks who it is', {}, (as) => as.users.getAuthenticated()],
  ])('refuses a workflow that %s', async (_, options, call) => {
    expect(await refused(call(client(github, options).rest))).toMatchObject({
      status: 403,
      message: expect.stringContaining('Resource not accessible by integration'),
    });
  });

  it('says which permission would do', async () => {
    const { response } = await refused(client(github, { permissions: {} }).rest.checks.create({ ...at, name: 'n', head_sha: head }));
    expect(response?.headers['x-accepted-github-permissions']).toBe('checks=write');
  });

  it.each<[string, TokenOptions, (rest: Client['rest']) => Promise<{ status: number }>]>([
    [
      'comment on a pull request with pull-requests',
      noneBut({ 'pull-requests': 'write' }),
      (as) => as.issues.createComment({ ...at, issue_number: pull, body: 'x' }),
    ],
    [
      'comment on a pull request with issues',
      noneBut({ issues: 'write' }),
      (as) => as.issues.createComment({ ...at, issue_number: pull, body: 'x' }),
    ],
    ['read the repository with nothing', noneBut({}), (as) => as.repos.get(at)],
  ])('lets a workflow %s', async (_, options, call) => {
    expect((await call(client(github, options).rest)).status).toBeLessThan(300);
  });

  it('lets a workflow write only to its own repository', async () => {
    const fork = github.fork('alice/catalog');
    const { rest: own } = client(github);
    const there = { owner: 'alice', repo: 'catalog' };
    expect((await own.repos.getContent({ ...there, path: 'README.md' })).status).toBe(200);
    expect(await refused(own.git.createRef({ ...there, ref: 'refs/heads/n', sha: fork.commit('main') ?? '' }))).toMatchObject({
      status: 403,
    });
  });

  it('knows people, apps and the workflow apart', async () => {
    for (const login of ['github-actions[bot]', 'other[bot]', 'octocat'])
      await client(github, { login }).rest.issues.createComment({ ...at, issue_number: issue, body: 'Hello' });
    expect(github.repository.comments(issue).map(({ login }) => login)).toEqual(['github-actions[bot]', 'other[bot]', 'octocat']);
    const { data } = await rest.issues.listComments({ ...at, issue_number: issue });
    expect(data.map(({ user }) => [user?.type, user?.id === 41898282])).toEqual([
      ['Bot', true],
      ['Bot', false],
      ['User', false],
    ]);
  });
});

describe('a list', () => {
  let many: number;
  beforeAll(() => {
    many = github.repository.issue({ title: 'Many' });
    for (let count = 1; count <= 250; count++) github.repository.comment(many, { body: String(count) });
  });
  afterEach(() => expect(github.violations.splice(0)).toEqual([]));

  it('comes in pages of 30, and says where the others are', async () => {
    const { data, headers } = await rest.issues.listComments({ ...at, issue_number: many });
    expect(data.map(({ body }) => body)).toEqual(Array.from({ length: 30 }, (_, index) => String(index + 1)));
    const here = `${github.url}/repos/octo/catalog/issues/${many}/comments`;
    expect(headers.link).toBe(`<${here}?page=2>; rel="next", <${here}?page=9>; rel="last"`);
  });

  it('has pages of at most 100', async () => {
    expect(
      (await raw(`/repos/octo/catalog/issues/${many}/comments?per_page=1000`).then((answer) => answer.json() as Promise<unknown[]>)).length,
    ).toBe(100);
  });

  it('is whole for a client that goes through it', async () => {
    const octokit = client(github);
    const all = await octokit.paginate(octokit.rest.issues.listComments, { ...at, issue_number: many, per_page: 100 });
    expect(all.map(({ body }) => Number(body))).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
    expect(github.counts).toEqual({ 'issues/list-comments': 3 });
  });

  it('leads back from its last page', async () => {
    const { data, headers } = await rest.issues.listComments({ ...at, issue_number: many, per_page: 100, page: 3 });
    expect(data).toHaveLength(50);
    expect([...(headers.link ?? '').matchAll(/[?&]page=(\d+)[^>]*>; rel="(\w+)"/g)].map(([, page, relation]) => [relation, page])).toEqual([
      ['prev', '2'],
      ['first', '1'],
    ]);
  });

  it('is paged too where it stands beside its total', async () => {
    for (const name of ['a', 'b', 'c']) await rest.checks.create({ ...at, name, head_sha: head });
    const { data, headers } = await rest.checks.listForRef({ ...at, ref: head, per_page: 2 });
    expect([data.total_count, data.check_runs.length]).toEqual([3, 2]);
    expect(headers.link).toContain('rel="next"');
  });
});
