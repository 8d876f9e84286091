/** What a workflow says of a commit: check runs, statuses, deployments; and its own run. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Client, client, refused } from './client.ts';
import { GitHubDouble } from './double.ts';

const at = { owner: 'octo', repo: 'catalog' };
let github: GitHubDouble;
let rest: Client['rest'];
let main: string;
let head: string;

beforeAll(async () => {
  github = await GitHubDouble.open();
  rest = client(github).rest;
  main = github.repository.push('main', {
    a: 'a',
    '.github/workflows/scale.yml': 'on: workflow_dispatch',
    '.github/workflows/ci.yml': 'on: push',
  });
  head = github.repository.push('change', { b: 'b' });
  github.repository.pullRequest({ head: 'change' });
});
afterEach(() => expect(github.violations.splice(0)).toEqual([]));
afterAll(() => github.close());

describe('a check run', () => {
  const create = (own: object = {}) => rest.checks.create({ ...at, name: 'mip plan (prod)', head_sha: head, ...own });

  it('belongs to the app that made it, and names the pull request', async () => {
    const output = {
      title: 'Plan',
      summary: '1 to create',
      text: '{}',
      annotations: [{ path: 'a', start_line: 1, end_line: 1, annotation_level: 'notice' as const, message: 'm' }],
    };
    const { data } = await create({ conclusion: 'success', external_id: 'sha256:1', output });
    expect(data).toMatchObject({
      ...{ status: 'completed', conclusion: 'success', external_id: 'sha256:1', completed_at: expect.any(String) },
      app: { id: 15368, slug: 'github-actions' },
      output: { title: 'Plan', summary: '1 to create', text: '{}', annotations_count: 1 },
      pull_requests: [{ number: 1 }],
    });
    expect(github.repository.checks(head)).toMatchObject([{ name: 'mip plan (prod)', app: 'github-actions', externalId: 'sha256:1' }]);
  });

  it('goes from queued to done', async () => {
    const { id: check_run_id, status } = (await create({ name: 'steps' })).data;
    expect(status).toBe('queued');
    const update = async (own: object) => (await rest.checks.update({ ...at, check_run_id, ...own })).data;
    expect(await update({ status: 'in_progress', output: { title: 't', summary: 's' } })).toMatchObject({
      status: 'in_progress',
      conclusion: null,
    });
    expect(await update({ conclusion: 'failure' })).toMatchObject({
      status: 'completed',
      conclusion: 'failure',
      output: { title: 't', summary: 's' },
    });
  });

  it('replaces an earlier one of its name in the list', async () => {
    const list = async (own: object) => (await rest.checks.listForRef({ ...at, ref: 'change', ...own })).data;
    const again = (await create({ conclusion: 'failure' })).data.id;
    expect((await list({ check_name: 'mip plan (prod)' })).check_runs.map(({ id }) => id)).toEqual([again]);
    expect((await list({ check_name: 'mip plan (prod)', filter: 'all' })).total_count).toBe(2);
    expect((await list({ status: 'completed' })).total_count).toBe(2);
    expect((await list({ check_name: 'none' })).total_count).toBe(0);
  });

  it('of the same name by another app is another', async () => {
    await client(github, { login: 'evil[bot]' }).rest.checks.create({
      ...at,
      name: 'mip plan (prod)',
      head_sha: head,
      conclusion: 'success',
    });
    const { check_runs: runs } = (await rest.checks.listForRef({ ...at, ref: head, check_name: 'mip plan (prod)' })).data;
    expect(runs.map(({ app, conclusion }) => [app?.slug, conclusion])).toEqual([
      ['evil', 'success'],
      ['github-actions', 'failure'],
    ]);
    const own = (await rest.checks.listForRef({ ...at, ref: head, check_name: 'mip plan (prod)', app_id: 15368 })).data;
    expect(own.check_runs.map(({ app }) => app?.slug)).toEqual(['github-actions']);
  });

  it.each<[string, () => Promise<unknown>, number, string]>([
    [
      'made by a person',
      () => client(github, { login: 'octocat' }).rest.checks.create({ ...at, name: 'n', head_sha: head }),
      403,
      'You must authenticate via a GitHub App',
    ],
    [
      'changed by another app',
      () =>
        client(github, { login: 'evil[bot]' }).rest.checks.update({
          ...at,
          check_run_id: github.repository.checks(head)[0]?.id ?? 0,
          conclusion: 'success',
        }),
      403,
      'can only be modified by the GitHub App that created it',
    ],
    ['of a commit that is missing', () => create({ head_sha: '1'.repeat(40) }), 422, 'No commit found for SHA'],
    ['of a branch', () => create({ head_sha: 'change' }), 422, 'No commit found for SHA'],
    ['completed without a conclusion', () => create({ status: 'completed' }), 422, '"field":"conclusion"'],
    ['that is missing', () => rest.checks.get({ ...at, check_run_id: 1 }), 404, 'Not Found'],
    ['of a ref that is missing', () => rest.checks.listForRef({ ...at, ref: 'none' }), 422, 'No commit found for SHA'],
  ])('%s is refused', async (_, call, status, message) => {
    expect(await refused(call())).toMatchObject({ status, message: expect.stringContaining(message) });
  });
});

describe('a commit status', () => {
  it('is listed newest first', async () => {
    await rest.repos.createCommitStatus({
      ...at,
      sha: main,
      state: 'pending',
      context: 'c',
      description: 'd',
      target_url: 'https://example.org',
    });
    await rest.repos.createCommitStatus({ ...at, sha: main, state: 'success', context: 'c' });
    const { data } = await rest.repos.listCommitStatusesForRef({ ...at, ref: 'main' });
    expect(data.map(({ state, creator }) => [state, creator?.login])).toEqual([
      ['success', 'github-actions[bot]'],
      ['pending', 'github-actions[bot]'],
    ]);
    expect(github.repository.statuses(main).map(({ description }) => description)).toEqual(['d', null]);
  });

  it('of a commit that is missing is refused', async () => {
    expect(await refused(rest.repos.createCommitStatus({ ...at, sha: '1'.repeat(40), state: 'success' }))).toMatchObject({ status: 422 });
  });
});

describe('a deployment', () => {
  const create = (own: object = {}) =>
    rest.repos.createDeployment({ ...at, ref: main, environment: 'test', required_contexts: [], ...own });
  const idOf = async (made: ReturnType<typeof create>) => {
    const { data } = await made;
    return 'id' in data ? data.id : 0;
  };
  const say = (deployment_id: number, state: 'failure' | 'in_progress' | 'success', own: object = {}) =>
    rest.repos.createDeploymentStatus({ ...at, deployment_id, state, ...own });
  const states = async (deployment_id: number) =>
    (await rest.repos.listDeploymentStatuses({ ...at, deployment_id })).data.map(({ state }) => state);

  it('has a payload and statuses, the newest first', async () => {
    const id = await idOf(create({ payload: { waiting: 0 }, description: 'Apply' }));
    await say(id, 'in_progress', { log_url: 'https://example.org/log' });
    await say(id, 'success', { environment_url: 'https://example.org', description: 'Done' });
    expect((await rest.repos.getDeployment({ ...at, deployment_id: id })).data).toMatchObject({
      sha: main,
      environment: 'test',
      payload: { waiting: 0 },
      description: 'Apply',
      production_environment: false,
    });
    expect(await states(id)).toEqual(['success', 'in_progress']);
    expect(
      github.repository
        .deployments('test')
        .at(-1)
        ?.statuses.map(({ logUrl }) => logUrl),
    ).toEqual(['https://example.org/log', '']);
  });

  it('that succeeds makes earlier ones of its environment inactive, unless told not to', async () => {
    const [first, second, third, other] = [
      await idOf(create()),
      await idOf(create()),
      await idOf(create()),
      await idOf(create({ environment: 'another' })),
    ];
    await say(other, 'success');
    await say(first, 'success');
    await say(second, 'success');
    expect([await states(first), await states(second), await states(other)]).toEqual([['inactive', 'success'], ['success'], ['success']]);
    await say(third, 'success', { auto_inactive: false });
    expect(await states(second)).toEqual(['success']);
  });

  it('to production stays as it is', async () => {
    const [first, second] = [await idOf(create({ environment: 'production' })), await idOf(create({ environment: 'production' }))];
    await say(first, 'success');
    await say(second, 'success');
    expect(await states(first)).toEqual(['success']);
  });

  it('is found by environment, commit, ref and task, newest first', async () => {
    const id = await idOf(create({ ref: 'change', environment: 'find', task: 'apply', auto_merge: false }));
    const last = await idOf(create({ environment: 'find' }));
    const list = async (own: object) => (await rest.repos.listDeployments({ ...at, ...own })).data.map((own) => own.id);
    expect(await list({ environment: 'find' })).toEqual([last, id]);
    expect(await list({ environment: 'find', sha: head })).toEqual([id]);
    expect(await list({ ref: 'change', task: 'apply' })).toEqual([id]);
    expect(await list({ environment: 'none-such' })).toEqual([]);
  });

  it('waits for statuses and checks, unless told which', async () => {
    await rest.checks.create({ ...at, name: 'running', head_sha: main, status: 'in_progress' });
    const all = rest.repos.createDeployment({ ...at, ref: main });
    expect(await refused(all)).toMatchObject({ status: 409, message: expect.stringContaining('Commit status checks failed') });
    expect((await create({ required_contexts: ['c'] })).status).toBe(201);
    expect(await refused(create({ required_contexts: ['running'] }))).toMatchObject({ status: 409 });
    expect(await refused(create({ required_contexts: ['unknown'] }))).toMatchObject({ status: 409 });
  });

  it('of a branch that lacks what main has merges that first', async () => {
    github.repository.push('behind', { c: 'c' });
    const later = github.repository.push('main', { d: 'd' });
    const answer = await create({ ref: 'behind' });
    expect([answer.status, answer.data]).toEqual([202, { message: 'Auto-merged main into behind on deployment.' }]);
    expect((await rest.repos.getCommit({ ...at, ref: 'behind' })).data.parents[1]?.sha).toBe(later);
    expect((await create({ ref: 'behind' })).status).toBe(201);
    github.repository.push('conflicts', { d: 'other' }, { from: main });
    expect(await refused(create({ ref: 'conflicts' }))).toMatchObject({
      status: 409,
      message: expect.stringContaining('Conflict merging main into conflicts.'),
    });
  });

  it.each<[string, () => Promise<unknown>, number, string]>([
    ['of a ref that is missing', () => create({ ref: 'none' }), 422, 'No ref found for: none'],
    ['that is missing', () => rest.repos.getDeployment({ ...at, deployment_id: 1 }), 404, 'Not Found'],
    ['that is missing, with a status', () => say(1, 'success'), 404, 'Not Found'],
    [
      'with a status that says too much',
      async () => say(await idOf(create()), 'success', { description: 'x'.repeat(141) }),
      422,
      'too long',
    ],
  ])('%s is refused', async (_, call, status, message) => {
    expect(await refused(call())).toMatchObject({ status, message: expect.stringContaining(message) });
  });
});

describe('a workflow', () => {
  it('run leads to its jobs and their logs', async () => {
    const jobs = [
      { name: 'build', conclusion: 'success' as const },
      { name: 'apply', conclusion: 'failure' as const, steps: [{ name: 'mip', conclusion: 'failure' as const }] },
    ];
    const run_id = github.repository.workflowRun({ jobs, attempt: 2 });
    const run = (await rest.actions.getWorkflowRun({ ...at, run_id })).data;
    expect(run).toMatchObject({ status: 'completed', conclusion: 'failure', run_attempt: 2, path: '.github/workflows/catalog-apply.yml' });
    const { data } = await rest.actions.listJobsForWorkflowRun({ ...at, run_id });
    expect(data.jobs.map(({ name, conclusion }) => [name, conclusion])).toEqual([
      ['build', 'success'],
      ['apply', 'failure'],
    ]);
    expect(data.jobs[1]).toMatchObject({
      html_url: `${run.html_url}/job/${data.jobs[1]?.id}`,
      steps: [{ name: 'mip', number: 1, conclusion: 'failure' }],
    });
  });

  it('is under way while a job is', async () => {
    const run_id = github.repository.workflowRun({ jobs: [{ name: 'apply', conclusion: null }] });
    expect((await rest.actions.getWorkflowRun({ ...at, run_id })).data).toMatchObject({ status: 'in_progress', conclusion: null });
  });

  const dispatch = (workflow_id: string, ref = 'main') =>
    rest.actions.createWorkflowDispatch({ ...at, workflow_id, ref, inputs: { count: '3' } });

  it('is started by hand', async () => {
    await dispatch('scale.yml');
    expect(github.repository.dispatches).toEqual([
      { workflow: '.github/workflows/scale.yml', ref: 'main', inputs: { count: '3' }, login: 'github-actions[bot]' },
    ]);
  });

  it.each<[string, () => Promise<unknown>, number, string]>([
    ['that is missing', () => dispatch('none.yml'), 404, 'Not Found'],
    ['that is not for that', () => dispatch('ci.yml'), 422, "does not have 'workflow_dispatch' trigger"],
    ['on a ref that is missing', () => dispatch('scale.yml', 'none'), 422, 'No ref found for: none'],
    ['run that is missing', () => rest.actions.getWorkflowRun({ ...at, run_id: 1 }), 404, 'Not Found'],
  ])('%s is refused', async (_, call, status, message) => {
    expect(await refused(call())).toMatchObject({ status, message: expect.stringContaining(message) });
  });
});
