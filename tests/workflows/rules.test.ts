/** What every workflow of this repository keeps to, beside what actionlint and zizmor look for. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { MEASURED } from '../../actions/approve/approve.ts';

const root = join(import.meta.dirname, '..', '..');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly permissions?: object;
  readonly 'timeout-minutes'?: number;
  readonly environment?: string;
  readonly if?: string;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly name: string;
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: object;
  readonly concurrency?: { readonly group: string; readonly 'cancel-in-progress': boolean };
  readonly jobs: Readonly<Record<string, Job>>;
}

const texts = new Map(globSync('.github/workflows/*.yml', { cwd: root }).map((file) => [basename(file, '.yml'), read(file)]));
const workflows = new Map([...texts].map(([name, text]) => [name, parse(text) as Workflow]));
const names = [...workflows.keys()].sort();

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function workflow(name: string): Workflow {
  return workflows.get(name) as Workflow;
}

function jobs(name: string): readonly Job[] {
  return Object.values(workflow(name).jobs);
}

function steps(name: string): readonly Step[] {
  return jobs(name).flatMap((job) => job.steps);
}

it('there are eight', () => {
  expect(names).toEqual(['catalog-apply', 'catalog-pr', 'ci', 'clinical-approval', 'deploy-platform', 'drift', 'rollback', 'scale']);
});

describe.each(names)('%s', (name) => {
  it('gives no rights but those that a job names', () => {
    expect(workflow(name).permissions).toEqual({});
    for (const job of jobs(name)) expect(job.permissions).toBeDefined();
  });

  it('ends, and says what it does not run beside', () => {
    for (const job of jobs(name)) expect(job['timeout-minutes']).toBeGreaterThan(0);
    expect(workflow(name).concurrency?.group).toContain(name);
  });

  it('pins what others wrote by a full commit, with the version beside it', () => {
    const lines = (texts.get(name) as string).split('\n').filter((line) => /\buses: (?!\.\/)/.test(line));
    for (const line of lines) expect(line).toMatch(/uses: [\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('puts no expression into a script', () => {
    for (const { run = '' } of steps(name)) expect(run).not.toContain('${{');
  });

  it('leaves no token on the disk, and knows no secret but the one that reads teams, in jobs that run nothing of a pull request', () => {
    const checkouts = steps(name).filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    for (const { with: given } of checkouts) expect(given?.['persist-credentials']).toBe(false);
    const knowing = jobs(name).filter((job) => JSON.stringify(job).includes('secrets.'));
    for (const job of knowing) {
      expect(JSON.stringify(job).replaceAll('secrets.MIP_TEAM_TOKEN', '')).not.toContain('secrets.');
      expect(job.steps.map(({ uses, run }) => uses?.split('@')[0] ?? run)).toEqual(['actions/checkout', './actions/approve']);
      expect(job.steps[0]?.with?.ref).toMatch(/^\$\{\{ github\.event\.repository\.default_branch \}\}$/);
    }
  });

  it('does not run on what gives a fork rights', () => {
    for (const trigger of ['pull_request_target', 'workflow_run', 'issue_comment']) expect(workflow(name).on).not.toHaveProperty(trigger);
  });

  it('runs what changes a platform only in an environment, whose rules say who approves', () => {
    const changing = Object.entries(workflow(name).jobs).filter(([, { steps }]) =>
      /MIP_(APPLY|SCALE|DEPLOY)_ROLE/.test(JSON.stringify(steps)),
    );
    for (const [, job] of changing) expect(job.environment).toBe('production');
  });
});

describe('catalog-pr', () => {
  const { on, concurrency, jobs } = workflow('catalog-pr');

  it('has what a change does to results recorded by a job of its own, and measured by one that may not write it', () => {
    expect(jobs.build?.permissions).not.toHaveProperty('checks');
    expect(jobs.approve?.permissions).toEqual({ contents: 'read', 'pull-requests': 'read', checks: 'write' });
    expect(jobs.approve?.if).toContain('github.event.pull_request.head.repo.full_name == github.repository');
    expect(jobs.approve?.if).toContain('github.event.pull_request.base.ref == github.event.repository.default_branch');
  });

  it('measures what a fork may not touch unmeasured', () => {
    const [, paths = ''] = /git diff .* -- (.*); then/.exec(texts.get('catalog-pr') ?? '') ?? [];
    expect(paths.split(' ').length).toBeGreaterThan(5);
    for (const path of paths.split(' ')) expect(`${path}${path.includes('.yml') ? '' : '/x'}`).toMatch(MEASURED);
  });

  it('has the required checks, which no filter of the trigger leaves out', () => {
    expect(Object.keys(jobs)).toEqual(expect.arrayContaining(['validate', 'plan', 'build']));
    expect(on.pull_request ?? {}).not.toHaveProperty('paths');
  });

  it('runs once per pull request, and the newest wins', () => {
    expect(concurrency?.group).toContain('github.event.pull_request.number || inputs.pull-request');
    expect(concurrency?.['cancel-in-progress']).toBe(true);
  });

  it('runs nothing of a pull request that was named by hand', () => {
    expect(jobs.build?.if).toContain("github.event_name == 'pull_request'");
    for (const job of [jobs.validate, jobs.plan]) {
      const proposed = job?.steps.find((step) => step.with?.ref);
      expect(proposed?.with).toMatchObject({
        ref: expect.stringMatching(/^refs\/pull\/.*inputs\.pull-request.*\/head$/),
        path: 'proposed',
      });
    }
    for (const { uses = '', run = '' } of steps('catalog-pr')) expect(uses + run).not.toContain('proposed');
  });
});

it('no apply is broken off', () => {
  for (const name of ['catalog-apply', 'scale', 'deploy-platform']) expect(workflow(name).concurrency?.['cancel-in-progress']).toBe(false);
});
