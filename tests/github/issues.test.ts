/** Issues, their comments and labels. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Client, client, refused } from './client.ts';
import { GitHubDouble } from './double.ts';

const at = { owner: 'octo', repo: 'catalog' };
const LONGEST = 65_536;
let github: GitHubDouble;
let rest: Client['rest'];
let issue: number;
let comment: number;

beforeAll(async () => {
  github = await GitHubDouble.open();
  rest = client(github).rest;
  github.repository.push('main', { a: 'a' });
  issue = github.repository.issue({ title: 'Drift', labels: ['drift'] });
  comment = github.repository.comment(issue, { login: 'octocat', body: 'Hello' });
});
afterEach(() => expect(github.violations.splice(0)).toEqual([]));
afterAll(() => github.close());

describe('an issue', () => {
  it('is opened with labels, which are made where they are missing', async () => {
    const { data } = await rest.issues.create({ ...at, title: 'New', body: 'Text', labels: ['drift', 'fresh'] });
    expect(data.labels).toMatchObject([{ name: 'drift' }, { name: 'fresh', color: 'ededed' }]);
    expect((await rest.issues.getLabel({ ...at, name: 'Fresh' })).data.name).toBe('fresh');
    expect(github.repository.issues.at(-1)).toMatchObject({ title: 'New', body: 'Text', login: 'github-actions[bot]', state: 'open' });
  });

  it('is closed with a reason, opened again, and renamed', async () => {
    const update = (own: object) => rest.issues.update({ ...at, issue_number: issue, ...own });
    expect((await update({ state: 'closed', state_reason: 'not_planned' })).data).toMatchObject({
      ...{ state: 'closed', state_reason: 'not_planned', closed_at: expect.any(String) },
      closed_by: { login: 'github-actions[bot]' },
    });
    expect((await update({ state: 'open', title: 'Drift again' })).data).toMatchObject({
      ...{ state: 'open', state_reason: 'reopened', closed_at: null, title: 'Drift again' },
    });
    expect((await update({ labels: ['fresh'], assignees: ['octocat'] })).data).toMatchObject({
      labels: [{ name: 'fresh' }],
      assignee: { login: 'octocat' },
    });
    await update({ labels: ['drift'] });
  });

  it('is found by label, state and author', async () => {
    const other = github.repository.issue({ title: 'Other', login: 'alice', labels: ['drift', 'more'] });
    const done = github.repository.issue({ title: 'Done', labels: ['done'] });
    github.repository.close(done);
    const numbers = async (own: object) => (await rest.issues.listForRepo({ ...at, ...own })).data.map(({ number }) => number);
    expect(await numbers({ labels: 'Drift', direction: 'asc' })).toEqual([issue, 2, other]);
    expect(await numbers({ labels: 'drift,more' })).toEqual([other]);
    expect(await numbers({ labels: 'unknown' })).toEqual([]);
    expect(await numbers({ labels: 'done' })).toEqual([]);
    expect(await numbers({ labels: 'done', state: 'closed' })).toEqual([done]);
    expect(await numbers({ creator: 'alice', state: 'all' })).toEqual([other]);
    expect(await numbers({ since: '2999-01-01T00:00:00Z' })).toEqual([]);
    expect((await numbers({ sort: 'comments' }))[0]).toBe(issue);
  });

  it('gets labels and loses them', async () => {
    const names = (labels: readonly { name?: string }[]) => labels.map(({ name }) => name);
    expect(names((await rest.issues.addLabels({ ...at, issue_number: issue, labels: ['drift', 'more'] })).data)).toEqual(['drift', 'more']);
    expect(names((await rest.issues.removeLabel({ ...at, issue_number: issue, name: 'more' })).data)).toEqual(['drift']);
  });
});

describe('a comment', () => {
  it('is written, read, changed and deleted', async () => {
    const made = (await rest.issues.createComment({ ...at, issue_number: issue, body: 'First' })).data;
    expect(made).toMatchObject({ body: 'First', user: { login: 'github-actions[bot]' }, author_association: 'NONE' });
    expect(made.html_url).toBe(`https://github.com/octo/catalog/issues/${issue}#issuecomment-${made.id}`);
    await rest.issues.updateComment({ ...at, comment_id: made.id, body: 'Second' });
    expect((await rest.issues.getComment({ ...at, comment_id: made.id })).data.body).toBe('Second');
    expect(github.repository.comments(issue).map(({ body }) => body)).toEqual(['Hello', 'Second']);
    await rest.issues.deleteComment({ ...at, comment_id: made.id });
    expect(await refused(rest.issues.getComment({ ...at, comment_id: made.id }))).toMatchObject({ status: 404 });
  });

  it('may have 65,536 characters', async () => {
    const { data } = await rest.issues.createComment({ ...at, issue_number: issue, body: 'x'.repeat(LONGEST) });
    expect(data.body).toHaveLength(LONGEST);
    github.repository.editComment(data.id, null);
  });

  it('that somebody changed by hand is changed', async () => {
    github.repository.editComment(comment, 'By hand');
    expect((await rest.issues.getComment({ ...at, comment_id: comment })).data).toMatchObject({
      body: 'By hand',
      user: { login: 'octocat' },
    });
  });
});

describe('a call that GitHub refuses', () => {
  const long = 'x'.repeat(LONGEST + 1);
  const long422 =
    '"resource":"IssueComment","code":"unprocessable","field":"data","message":"Body is too long (maximum is 65536 characters)"';

  it.each<[string, () => Promise<unknown>, number, string]>([
    ['a comment that is too long', () => rest.issues.createComment({ ...at, issue_number: issue, body: long }), 422, long422],
    ['a change that is too long', () => rest.issues.updateComment({ ...at, comment_id: comment, body: long }), 422, long422],
    ['an issue that is too long', () => rest.issues.create({ ...at, title: 't', body: long }), 422, 'body is too long'],
    ['an issue that becomes too long', () => rest.issues.update({ ...at, issue_number: issue, body: long }), 422, 'body is too long'],
    ['an empty comment', () => rest.issues.createComment({ ...at, issue_number: issue, body: ' ' }), 422, 'Body cannot be blank'],
    ['an issue without a title', () => rest.issues.create({ ...at, title: ' ' }), 422, 'missing_field'],
    ['a label without a name', () => rest.issues.create({ ...at, title: 't', labels: [''] }), 422, 'missing_field'],
    ['an issue that is missing', () => rest.issues.get({ ...at, issue_number: 99 }), 404, 'Not Found'],
    ['a comment on what is missing', () => rest.issues.createComment({ ...at, issue_number: 99, body: 'x' }), 404, 'Not Found'],
    ['the comments of what is missing', () => rest.issues.listComments({ ...at, issue_number: 99 }), 404, 'Not Found'],
    ['a change of a comment that is missing', () => rest.issues.updateComment({ ...at, comment_id: 99, body: 'x' }), 404, 'Not Found'],
    ['deleting a comment that is missing', () => rest.issues.deleteComment({ ...at, comment_id: 99 }), 404, 'Not Found'],
    ['a label that is missing', () => rest.issues.getLabel({ ...at, name: 'none' }), 404, 'Not Found'],
    ['a label that exists, in other letters', () => rest.issues.createLabel({ ...at, name: 'DRIFT' }), 422, 'already_exists'],
    ['a label without a colour that is one', () => rest.issues.createLabel({ ...at, name: 'n', color: '#fff' }), 422, '"field":"color"'],
    [
      'taking off a label that is not on',
      () => rest.issues.removeLabel({ ...at, issue_number: issue, name: 'done' }),
      404,
      'Label does not exist',
    ],
  ])('%s', async (_, call, status, message) => {
    expect(await refused(call())).toMatchObject({ status, message: expect.stringContaining(message) });
  });
});
