/** Every operation of the double once, as an action makes it: through @actions/github, and nothing that does not fit the description. */
import { getOctokit } from '@actions/github';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jwtOf } from './app.ts';
import { DESCRIBED } from './description.ts';
import { GitHubDouble } from './double.ts';
import { HANDLERS } from './operations/index.ts';
import { OPERATIONS } from './permissions.ts';

const at = { owner: 'octo', repo: 'catalog' };
const SENTENCE = 'A sentence.';
let github: GitHubDouble;
let rest: ReturnType<typeof getOctokit>['rest'];
let person: typeof rest;
let app: typeof rest;

/** What is there before: a branch with a pull request, an issue, a check run, a deployment, a run. */
const there = { pull: 0, issue: 0, comment: 0, check: 0, deployment: 0, run: 0, installation: 0, main: '', head: '', tree: '', blob: '' };

beforeAll(async () => {
  github = await GitHubDouble.open();
  ({ rest } = getOctokit(github.token(), { baseUrl: github.url }));
  person = getOctokit(github.token({ login: 'octocat' }), { baseUrl: github.url }).rest;
  const installed = github.app('mip');
  there.installation = installed.installation;
  app = getOctokit(jwtOf(installed), { baseUrl: github.url }).rest;
  const { repository } = github;
  const workflow = { '.github/workflows/scale.yml': 'on: workflow_dispatch\n' };
  there.main = repository.push('main', { 'README.md': 'one\n', ...workflow });
  there.head = repository.push('change', { 'README.md': 'two\n', 'a/b.txt': 'b\n' });
  there.pull = repository.pullRequest({ head: 'change' });
  repository.push('second', { x: 'x' });
  there.issue = repository.issue({ title: 'Drift', labels: ['drift'] });
  there.comment = repository.comment(there.issue, { body: SENTENCE });
  github.member('octo/clinic', 'alice');
  repository.review(there.pull, { login: 'reviewer', state: 'APPROVED' });
  there.run = repository.workflowRun({ jobs: [{ name: 'apply', conclusion: 'failure', steps: [{ name: 'mip', conclusion: 'failure' }] }] });
  const commit = (await rest.git.getCommit({ ...at, commit_sha: there.head })).data;
  there.tree = commit.tree.sha;
  there.blob =
    (await rest.git.getTree({ ...at, tree_sha: there.tree, recursive: '1' })).data.tree.find(({ type }) => type === 'blob')?.sha ?? '';
  there.check = (await rest.checks.create({ ...at, name: 'plan', head_sha: there.head, status: 'in_progress' })).data.id;
  const deployed = await rest.repos.createDeployment({ ...at, ref: there.main, environment: 'test', required_contexts: [] });
  there.deployment = 'id' in deployed.data ? deployed.data.id : 0;
  github.restart();
});
afterAll(() => github.close());

type Answered = Promise<{ readonly status: number }>;

/** Where the operation makes something, the status says so; what it made is asserted in the tests of its kind. */
const CALLS: readonly (readonly [keyof typeof OPERATIONS, number, () => Answered])[] = [
  ['users/get-authenticated', 200, () => person.users.getAuthenticated()],
  [
    'teams/get-membership-for-user-in-org',
    200,
    () => person.teams.getMembershipForUserInOrg({ org: 'octo', team_slug: 'clinic', username: 'alice' }),
  ],
  ['apps/get-repo-installation', 200, () => app.apps.getRepoInstallation(at)],
  ['apps/create-installation-access-token', 201, () => app.apps.createInstallationAccessToken({ installation_id: there.installation })],
  ['repos/get', 200, () => rest.repos.get(at)],
  ['repos/get-collaborator-permission-level', 200, () => rest.repos.getCollaboratorPermissionLevel({ ...at, username: 'octo' })],
  ['repos/get-branch', 200, () => rest.repos.getBranch({ ...at, branch: 'change' })],
  ['repos/get-content', 200, () => rest.repos.getContent({ ...at, path: 'a/b.txt', ref: 'change' })],
  [
    'repos/create-or-update-file-contents',
    201,
    () => rest.repos.createOrUpdateFileContents({ ...at, path: 'c.txt', message: 'c', content: 'Yw==', branch: 'main' }),
  ],
  ['repos/get-commit', 200, () => rest.repos.getCommit({ ...at, ref: 'change' })],
  ['repos/list-commits', 200, () => rest.repos.listCommits({ ...at, sha: 'change' })],
  ['repos/compare-commits-with-basehead', 200, () => rest.repos.compareCommitsWithBasehead({ ...at, basehead: 'main...change' })],
  [
    'repos/list-pull-requests-associated-with-commit',
    200,
    () => rest.repos.listPullRequestsAssociatedWithCommit({ ...at, commit_sha: there.head }),
  ],
  [
    'repos/create-deployment',
    201,
    () => rest.repos.createDeployment({ ...at, ref: there.main, environment: 'test', payload: { digest: 'd' } }),
  ],
  ['repos/get-deployment', 200, () => rest.repos.getDeployment({ ...at, deployment_id: there.deployment })],
  ['repos/list-deployments', 200, () => rest.repos.listDeployments({ ...at, environment: 'test' })],
  [
    'repos/create-deployment-status',
    201,
    () => rest.repos.createDeploymentStatus({ ...at, deployment_id: there.deployment, state: 'success' }),
  ],
  ['repos/list-deployment-statuses', 200, () => rest.repos.listDeploymentStatuses({ ...at, deployment_id: there.deployment })],
  ['repos/create-commit-status', 201, () => rest.repos.createCommitStatus({ ...at, sha: there.head, state: 'success' })],
  ['repos/list-commit-statuses-for-ref', 200, () => rest.repos.listCommitStatusesForRef({ ...at, ref: 'change' })],
  ['git/get-ref', 200, () => rest.git.getRef({ ...at, ref: 'heads/change' })],
  ['git/list-matching-refs', 200, () => rest.git.listMatchingRefs({ ...at, ref: 'heads/ch' })],
  ['git/create-ref', 201, () => rest.git.createRef({ ...at, ref: 'refs/heads/new', sha: there.main })],
  ['git/update-ref', 200, () => rest.git.updateRef({ ...at, ref: 'heads/new', sha: there.head })],
  ['git/delete-ref', 204, () => rest.git.deleteRef({ ...at, ref: 'heads/new' })],
  ['git/get-commit', 200, () => rest.git.getCommit({ ...at, commit_sha: there.main })],
  ['git/create-commit', 201, () => rest.git.createCommit({ ...at, message: 'm', tree: there.tree, parents: [there.main] })],
  ['git/get-tree', 200, () => rest.git.getTree({ ...at, tree_sha: 'main' })],
  [
    'git/create-tree',
    201,
    () => rest.git.createTree({ ...at, base_tree: there.tree, tree: [{ path: 'd.txt', mode: '100644', type: 'blob', content: 'd' }] }),
  ],
  ['git/get-blob', 200, () => rest.git.getBlob({ ...at, file_sha: there.blob })],
  ['git/create-blob', 201, () => rest.git.createBlob({ ...at, content: 'ZQ==', encoding: 'base64' })],
  ['pulls/get', 200, () => rest.pulls.get({ ...at, pull_number: there.pull })],
  ['pulls/list', 200, () => rest.pulls.list({ ...at, state: 'all' })],
  ['pulls/update', 200, () => rest.pulls.update({ ...at, pull_number: there.pull, title: 'Another' })],
  ['pulls/list-files', 200, () => rest.pulls.listFiles({ ...at, pull_number: there.pull })],
  ['pulls/list-commits', 200, () => rest.pulls.listCommits({ ...at, pull_number: there.pull })],
  ['pulls/list-reviews', 200, () => rest.pulls.listReviews({ ...at, pull_number: there.pull })],
  ['pulls/merge', 200, () => rest.pulls.merge({ ...at, pull_number: there.pull })],
  ['pulls/create', 201, () => rest.pulls.create({ ...at, title: 'x', head: 'second', base: 'main', body: SENTENCE })],
  ['issues/get', 200, () => rest.issues.get({ ...at, issue_number: there.issue })],
  ['issues/list-for-repo', 200, () => rest.issues.listForRepo({ ...at, state: 'all', labels: 'drift' })],
  ['issues/create', 201, () => rest.issues.create({ ...at, title: 'Another', labels: ['new'] })],
  ['issues/update', 200, () => rest.issues.update({ ...at, issue_number: there.issue, state: 'closed', state_reason: 'completed' })],
  ['issues/get-comment', 200, () => rest.issues.getComment({ ...at, comment_id: there.comment })],
  ['issues/list-comments', 200, () => rest.issues.listComments({ ...at, issue_number: there.issue })],
  ['issues/create-comment', 201, () => rest.issues.createComment({ ...at, issue_number: there.pull, body: SENTENCE })],
  ['issues/update-comment', 200, () => rest.issues.updateComment({ ...at, comment_id: there.comment, body: 'Another' })],
  ['issues/delete-comment', 204, () => rest.issues.deleteComment({ ...at, comment_id: there.comment })],
  ['issues/add-labels', 200, () => rest.issues.addLabels({ ...at, issue_number: there.issue, labels: ['more'] })],
  ['issues/remove-label', 200, () => rest.issues.removeLabel({ ...at, issue_number: there.issue, name: 'more' })],
  ['issues/get-label', 200, () => rest.issues.getLabel({ ...at, name: 'drift' })],
  ['issues/create-label', 201, () => rest.issues.createLabel({ ...at, name: 'mip', color: '0e8a16' })],
  [
    'checks/create',
    201,
    () => rest.checks.create({ ...at, name: 'plan', head_sha: there.head, conclusion: 'success', output: { title: 't', summary: 's' } }),
  ],
  ['checks/update', 200, () => rest.checks.update({ ...at, check_run_id: there.check, status: 'completed', conclusion: 'failure' })],
  ['checks/get', 200, () => rest.checks.get({ ...at, check_run_id: there.check })],
  ['checks/list-for-ref', 200, () => rest.checks.listForRef({ ...at, ref: 'change', check_name: 'plan' })],
  ['actions/get-workflow-run', 200, () => rest.actions.getWorkflowRun({ ...at, run_id: there.run })],
  ['actions/list-jobs-for-workflow-run', 200, () => rest.actions.listJobsForWorkflowRun({ ...at, run_id: there.run })],
  ['actions/create-workflow-dispatch', 204, () => rest.actions.createWorkflowDispatch({ ...at, workflow_id: 'scale.yml', ref: 'main' })],
];

describe('an operation that fits', () => {
  it.each(CALLS)('%s answers %i', async (operation, status, call) => {
    github.restart();
    const answer = await call();
    expect(answer.status).toBe(status);
    expect(github.counts).toEqual({ [operation]: 1 });
    expect(github.violations).toEqual([]);
  });
});

describe('the list of operations', () => {
  const names = Object.keys(OPERATIONS).sort();

  it('is all called above', () => expect(CALLS.map(([name]) => name).sort()).toEqual(names));
  it('is all described', () => expect([...DESCRIBED].sort()).toEqual(names));
  it('is all implemented', () => expect(Object.keys(HANDLERS).sort()).toEqual(names));
});
