/** What does not fit GitHub's description is refused and recorded, in a request and in an answer. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { client } from './client.ts';
import { checkAnswer } from './description.ts';
import { GitHubDouble } from './double.ts';

const at = { owner: 'octo', repo: 'catalog' };
let github: GitHubDouble;
let issue: number;

beforeAll(async () => {
  github = await GitHubDouble.open();
  github.repository.push('main', { 'README.md': 'one\n' });
  issue = github.repository.issue({ title: 'Drift' });
});
afterAll(() => github.close());
afterEach(() => github.violations.splice(0));

/** Without a client's own ideas of a request. */
function raw(path: string, init: RequestInit & { headers?: Record<string, string> } = {}): Promise<Response> {
  const headers = { authorization: `token ${github.token()}`, accept: 'application/json', ...init.headers };
  return fetch(`${github.url}${path}`, { ...init, headers });
}

describe('what does not fit the description', () => {
  const json = (body: unknown, type = 'application/json') => ({
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': type },
  });
  const checks = '/repos/octo/catalog/check-runs';

  it.each<[string, string, RequestInit & { headers?: Record<string, string> }, number, RegExp]>([
    [
      'an operation that GitHub has and the double has not',
      '/repos/octo/catalog/releases',
      {},
      404,
      /GET \/repos\/octo\/catalog\/releases is not described/,
    ],
    ['a method that the path has not', '/repos/octo/catalog/pulls', { method: 'DELETE' }, 404, /DELETE/],
    ['a body without what is required', checks, json({ name: 'n' }), 422, /checks\/create: body must have required property 'head_sha'/],
    [
      'a body with a misspelt field',
      checks,
      json({ name: 'n', head_sha: 's', conclussion: 'success' }),
      422,
      /additional properties \(conclussion\)/,
    ],
    [
      'a misspelt field further down',
      checks,
      json({ name: 'n', head_sha: 's', output: { title: 't', summary: 's', txt: '' } }),
      422,
      /body\/output.*\(txt\)/,
    ],
    ['a value of another type', checks, json({ name: 1, head_sha: 's' }), 422, /body\/name must be string/],
    [
      'a value that is none of those allowed',
      checks,
      json({ name: 'n', head_sha: 's', conclusion: 'fine' }),
      422,
      /body\/conclusion must be equal to one of/,
    ],
    [
      'a text above its limit',
      checks,
      json({ name: 'n', head_sha: 's', output: { title: 't', summary: 'x'.repeat(65_536) } }),
      422,
      /body\/output\/summary must NOT have more than 65535/,
    ],
    [
      'too many annotations',
      checks,
      json({
        name: 'n',
        head_sha: 's',
        output: {
          title: 't',
          summary: 's',
          annotations: Array(51).fill({ path: 'p', start_line: 1, end_line: 1, annotation_level: 'notice', message: 'm' }),
        },
      }),
      422,
      /must NOT have more than 50 items/,
    ],
    [
      'a body that is no JSON',
      checks,
      { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } },
      400,
      /body is no JSON/,
    ],
    ['a body of another type', checks, json({ name: 'n', head_sha: 's' }, 'text/plain'), 422, /content-type/],
    ['no body', checks, { method: 'POST' }, 422, /body is missing/],
    [
      'a body where none is expected',
      '/repos/octo/catalog/git/refs/heads/x',
      { ...json({}), method: 'DELETE' },
      422,
      /body is not expected/,
    ],
    ['a number in a path that is none', '/repos/octo/catalog/pulls/first', {}, 422, /path\/pull_number must be integer/],
    ['a query that is not described', '/repos/octo/catalog/pulls?stat=open', {}, 422, /query must NOT have additional properties \(stat\)/],
    ['a query with a wrong value', '/repos/octo/catalog/pulls?state=merged', {}, 422, /query\/state must be equal to one of/],
    [
      'a media type that is not JSON',
      '/repos/octo/catalog/contents/README.md',
      { headers: { accept: 'application/vnd.github.raw+json' } },
      422,
      /the double answers JSON/,
    ],
  ])('%s is refused and recorded', async (_, path, init, status, violation) => {
    expect((await raw(path, init)).status).toBe(status);
    expect(github.violations).toEqual([expect.stringMatching(violation)]);
  });

  it('a request without a user agent is refused', async () => {
    expect((await raw('/repos/octo/catalog', { headers: { 'user-agent': '' } })).status).toBe(403);
  });

  it('an answer is recorded too', async () => {
    github.repository.comment(issue, { body: 5 as unknown as string });
    await client(github).rest.issues.listComments({ ...at, issue_number: issue });
    expect(github.violations).toEqual([expect.stringMatching(/issues\/list-comments: answer 200\/\d+\/body must be string/)]);
  });

  it.each<[string, Parameters<typeof checkAnswer>, RegExp]>([
    ['a status that is not described', ['issues/get-label', 201, 'application/json', {}], /answer 201 is not described/],
    ['a body where none is', ['git/delete-ref', 204, 'application/json', {}], /must have no body/],
    [
      'a field that GitHub does not have',
      ['issues/add-labels', 200, 'application/json', [{ colour: 'red' }]],
      /additional properties \(colour\)/,
    ],
    ['a field that is missing', ['repos/get', 200, 'application/json', {}], /must have required property 'full_name'/],
    ['an error that does not look like one', ['pulls/get', 404, 'application/json', { message: 5 }], /message must be string/],
    ['another media type', ['pulls/get', 200, 'text/html', ''], /not described as text\/html/],
  ])('in an answer: %s', (_, answer, violation) => {
    expect(checkAnswer(...answer).join('\n')).toMatch(violation);
  });

  it('a mistake of the double itself is answered with 500 and recorded', async () => {
    const id = github.repository.comment(issue, { body: 'y' });
    Object.defineProperty(github.repository.comments(issue).at(-1), 'login', { value: null });
    expect((await raw(`/repos/octo/catalog/issues/comments/${id}`)).status).toBe(500);
    expect(github.violations).toEqual([expect.stringContaining('the double failed')]);
    github.repository.editComment(id, null);
  });
});
