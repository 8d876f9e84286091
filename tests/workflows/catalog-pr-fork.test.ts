/** `catalog-pr` for a fork, with the real actions: its own run has no rights, and a maintainer's run takes its files for data. */
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { entryFiles, entryPath, type Files } from '../actions/catalog.ts';
import { type Runner, roleOf, runnerForEachTest } from './runner.ts';

vi.setConfig({ testTimeout: 120_000 });

let runner: Runner;
runnerForEachTest(['seg', 'other', 'third'], (opened) => {
  runner = opened;
});

/** @returns the number of the pull request. */
function proposeFromFork(files: Files): number {
  const fork = runner.place.github.fork('mallory/catalog');
  fork.push('change', files, { login: 'mallory' });
  return runner.place.github.repository.pullRequest({ head: 'change', fork, login: 'mallory' });
}

const comments = (number: number) => runner.place.github.repository.comments(number);

it('is green, with an offline plan in the summary, and asks for no role', async () => {
  const number = proposeFromFork({ [entryPath('third')]: null, ...entryFiles('fourth') });
  const { code, jobs, annotations, log } = await runner.onPullRequest(number, { actor: 'mallory' });
  expect(code, log).toBe(0);
  expect(annotations.filter(({ level }) => level === 'error')).toEqual([]);
  expect(jobs.plan).toMatchObject({
    steps: ['actions/checkout', 'May this run ask the cloud?', './actions/plan'],
    summary: expect.stringMatching(/This plan was made \*\*offline\*\*[\s\S]*1 to create, 1 to destroy/),
  });
  expect(jobs.build?.result).toBe('success');
  expect(runner.identity.assumed).toEqual([]);
  expect(comments(number)).toEqual([]);
});

it('is planned for real when a maintainer asks for it, and nothing of it runs', async () => {
  const mark = join(tmpdir(), `mip-fork-ran-${process.pid}`);
  const evil = `require('node:fs').writeFileSync(${JSON.stringify(mark)}, '');\n`;
  const actions = ['validate', 'plan', 'build'].map((name) => [`actions/${name}/dist/index.js`, evil]);
  const number = proposeFromFork({
    ...Object.fromEntries(actions),
    ...entryFiles('fourth'),
    'package.json': JSON.stringify({ scripts: { preinstall: `touch ${mark}` }, workspaces: ['.'] }),
    '.gitattributes': '* filter=evil\n',
    '.github/workflows/catalog-pr.yml': `on: workflow_dispatch\njobs: { evil: { runs-on: ubuntu-latest, steps: [{ run: "touch ${mark}" }] } }\n`,
  });
  const { code, jobs, log } = await runner.dispatch('catalog-pr', { 'pull-request': String(number) });
  const ran = existsSync(mark);
  rmSync(mark, { force: true });
  expect({ ran, code }, log).toEqual({ ran: false, code: 0 });
  expect(Object.keys(jobs)).toEqual(['changes', 'validate', 'plan']);
  expect(jobs.validate?.printed).toContain(`checked out refs/pull/${number}/head into proposed`);
  expect(jobs.validate?.outputs).toMatchObject({ '2.valid': 'true' });
  expect(runner.identity.assumed).toEqual([roleOf('PLAN')]);
  expect(comments(number)).toMatchObject([{ login: 'github-actions[bot]', body: expect.stringContaining('4 to create') }]);
  const { head } = runner.place.pullRequestPayload(number).pull_request;
  expect(runner.place.github.repository.checks(head.sha)).toMatchObject([{ name: 'mip plan (north)', conclusion: 'success' }]);
});
