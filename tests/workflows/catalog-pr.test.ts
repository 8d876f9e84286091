/** `catalog-pr` with the real actions: what a pull request shows of itself. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { entryFile, entryFiles, entryPath } from '../actions/catalog.ts';
import type { WorkflowRun } from './act.ts';
import { type Runner, roleOf, runnerForEachTest } from './runner.ts';

vi.setConfig({ testTimeout: 120_000 }); // a run is some twenty processes

let runner: Runner;
runnerForEachTest(['seg', 'other', 'third'], (opened) => {
  runner = opened;
});

const bigger = { [entryPath('seg')]: entryFile('seg', { cpu: '2048', memory: '4096' }) };
const faulty = { [entryPath('seg')]: entryFile('seg', { cpu: '300', memory: '4096' }) };
const comments = (number: number) => runner.place.github.repository.comments(number);
const checks = (branch: string) => runner.place.github.repository.checks(runner.place.github.repository.commit(branch) ?? '');
const errors = ({ annotations }: WorkflowRun) => annotations.filter(({ level }) => level === 'error');

it('with a fault has it annotated at its line; mended, one comment shows the plan, also after the next push', async () => {
  const number = runner.place.propose('change', faulty);
  const broken = await runner.onPullRequest(number);
  expect(broken.code).toBe(1);
  expect(Object.keys(broken.jobs)).toEqual(['changes', 'validate', 'approve']);
  expect(errors(broken)).toEqual([
    {
      job: 'validate',
      level: 'error',
      file: entryPath('seg'),
      line: 6,
      column: 6,
      message: expect.stringMatching(/^has to be one of 256, 512/),
    },
    expect.objectContaining({ file: undefined, message: 'the catalog has 1 fault; the summary of the job lists them' }),
  ]);
  expect(broken.jobs.validate?.summary).toContain('### ❌ The catalog has 1 fault');
  expect(comments(number)).toEqual([]);

  runner.place.push('change', bigger);
  const mended = await runner.onPullRequest(number);
  expect(mended.code, mended.log).toBe(0);
  expect(mended.jobs.plan).toMatchObject({
    steps: ['actions/checkout', 'May this run ask the cloud?', 'aws-actions/configure-aws-credentials', './actions/plan'],
    summary: expect.stringContaining('### north in eu-central-1: 3 to create, nothing destroyed'),
  });
  expect(mended.jobs.build).toMatchObject({ result: 'success', outputs: { 'build.conformance': 'nothing' } });
  const [first, ...more] = comments(number);
  expect(more).toEqual([]);
  expect(first).toMatchObject({
    login: 'github-actions[bot]',
    body: expect.stringMatching(/mip:section:plan[\s\S]*mip:section:conformance/),
  });
  expect(checks('change')).toMatchObject([
    { name: 'mip plan (north)', conclusion: 'success' },
    { name: 'clinical approval (north)', conclusion: 'success', title: 'nothing needs the approval of a clinical owner' },
  ]);

  runner.place.push('change', entryFiles('fourth'));
  expect((await runner.onPullRequest(number)).code).toBe(0);
  expect(comments(number)).toMatchObject([{ id: first?.id, body: expect.stringContaining('4 to create') }]);
});

it('that leaves the catalog alone has its required checks skipped, which counts as passed', async () => {
  const number = runner.place.propose('docs', { 'README.md': 'Words.' });
  const { code, jobs, log } = await runner.onPullRequest(number);
  expect({ code, jobs: Object.keys(jobs) }, log).toEqual({ code: 0, jobs: ['changes', 'approve'] });
  expect(checks('docs')).toMatchObject([{ name: 'clinical approval (north)', conclusion: 'success' }]); // which nobody could wait for otherwise
});

it('whose workflow asks for too little fails as on GitHub, and says what to add', async () => {
  const workflow = readFileSync(join(import.meta.dirname, '../..', WORKFLOW), 'utf8');
  const number = runner.place.propose('change', { ...bigger, [WORKFLOW]: workflow.replace(/^ +checks: write.*\n/m, '') });
  const run = await runner.onPullRequest(number);
  expect(run.jobs.plan?.result).toBe('failure');
  const [error] = errors(run);
  expect(error?.message).toMatch(/POST \/repos\/octo\/catalog\/check-runs: the token may not do that; add it to `permissions` of the job/);
  expect(run.jobs.plan?.summary).toContain('### ❌ This step failed\n\nPOST /repos/octo/catalog/check-runs: the token may not do that');
  for (const { body } of comments(number)) expect(body).not.toContain('mip:section:plan'); // nobody recorded it
});

const WORKFLOW = '.github/workflows/catalog-pr.yml';

it('whose plan role is refused says so, and writes nothing', async () => {
  runner.identity.refused.add(roleOf('PLAN'));
  const number = runner.place.propose('change', bigger);
  const run = await runner.onPullRequest(number);
  expect(run.code).toBe(1);
  expect(run.jobs.plan).toMatchObject({ result: 'failure', steps: expect.not.arrayContaining(['./actions/plan']) });
  expect(errors(run)).toMatchObject([{ job: 'plan', message: expect.stringContaining('Could not assume role with OIDC') }]);
  expect(run.jobs.build?.result).toBe('success'); // the images are tested all the same
  expect(checks('change')).toMatchObject([{ name: 'clinical approval (north)', conclusion: 'success' }]);
});

it('runs nothing that a name or a value says', async () => {
  const mark = join(tmpdir(), `mip-injected-${process.pid}`);
  const branch = `x"$(touch\${IFS}${mark})";\`touch\${IFS}${mark}\`#`;
  // Without the two colons of a command: act takes the last of a line for the end of its properties, GitHub the first.
  const hostile = JSON.stringify(`$(touch ${mark}) \n##[error]stolen | <img src=x> @octo/mip \${{ github.token }}`);
  const number = runner.place.propose(branch, { [entryPath('seg')]: entryFile('seg', { status: hostile }) });
  const run = await runner.onPullRequest(number);
  const injected = existsSync(mark);
  rmSync(mark, { force: true });
  expect(injected).toBe(false);
  expect(errors(run).map(({ file, line }) => [file, line])).toEqual([
    [entryPath('seg'), 15],
    [undefined, undefined],
  ]);
  expect(errors(run)[0]?.message).toContain('touch'); // it is shown, as text
  expect(run.jobs.validate?.printed).not.toContain('##[');
  expect(run.jobs.validate?.summary).not.toMatch(/<img|[^;`]@octo\/mip/);

  runner.place.push(branch, bigger);
  expect((await runner.onPullRequest(number)).code).toBe(0);
  expect(existsSync(mark)).toBe(false);
});

it('broken off in the middle leaves nothing half-made, and the next run makes up for it', async () => {
  const { github } = runner.place;
  const number = runner.place.propose('change', bigger);
  const stop = new AbortController();
  const held = Promise.withResolvers<void>();
  github.restart(({ operation }) => {
    if (operation !== 'checks/create') return undefined;
    stop.abort();
    return { do: 'hold', when: 'before', until: () => held.promise };
  });
  const run = await runner.onPullRequest(number, { signal: stop.signal });
  held.resolve();
  expect(run.code).not.toBe(0);
  expect(comments(number)).toEqual([]);
  github.restart();
  expect((await runner.onPullRequest(number)).code).toBe(0);
  expect(comments(number)).toHaveLength(1);
});
