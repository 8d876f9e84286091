/** What the kit says of a run, on a workflow and an action of its own. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runWorkflow, type WorkflowRun } from './act.ts';
import { Identity } from './identity.ts';

const COMMIT = '0123456789012345678901234567890123456789';
const FILES = {
  '.github/workflows/tiny.yml': `
name: tiny
on: { workflow_dispatch: { inputs: { break: { type: boolean } } } }
jobs:
  first:
    runs-on: ubuntu-latest
    outputs: { word: "\${{ steps.say.outputs.word }}" }
    steps:
      - uses: actions/checkout@${COMMIT}
      - uses: aws-actions/configure-aws-credentials@${COMMIT}
        with: { role-to-assume: "\${{ vars.ROLE }}", aws-region: eu-central-1 }
      - id: say
        uses: ./actions/say
        with: { break: "\${{ inputs.break }}" }
      - if: failure()
        run: echo something failed
  second:
    needs: first
    runs-on: ubuntu-latest
    steps:
      - env: { WORD: "\${{ needs.first.outputs.word }}" }
        run: echo "the word is $WORD"
`,
  'actions/say/action.yml': `
inputs: { break: { default: "false" }, token: { default: "\${{ github.token }}" } }
outputs: { word: {} }
runs: { using: node24, main: index.cjs }
`,
  'actions/say/index.cjs': `
const { appendFileSync } = require('node:fs');
const { env, version } = process;
console.log('::warning file=a,line=3,col=5,title=T::two%0Alines, %25 and a comma');
console.log('::error::no place');
console.log([version, env.GITHUB_REPOSITORY, env.GITHUB_ACTOR, env.GITHUB_API_URL, env.AWS_ACCESS_KEY_ID, env.INPUT_TOKEN.length].join(' '));
appendFileSync(env.GITHUB_OUTPUT, 'word=hello\\n');
appendFileSync(env.GITHUB_STEP_SUMMARY, '# Summary\\n');
if (env.INPUT_BREAK === 'true') {
  for (let line = 1; line <= 2000; line++) console.log('line ' + line);
  process.exit(1);
}
`,
};

const workspace = mkdtempSync(join(tmpdir(), 'mip-tiny-'));

let identity: Identity;
beforeAll(async () => {
  identity = await Identity.open('http://127.0.0.1:1');
  identity.refused.add('arn:aws:iam::1:role/refused');
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  }
  const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], { cwd: workspace });
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '--message', 'Begin');
});

afterAll(async () => {
  await identity.close();
  rmSync(workspace, { recursive: true, force: true });
});

function run(inputs: Record<string, string>, variables = { ROLE: 'arn:aws:iam::1:role/a' }): Promise<WorkflowRun> {
  const environment = {
    GITHUB_API_URL: 'http://127.0.0.1:1',
    AWS_ENDPOINT_URL_STS: identity.url,
    ACTIONS_ID_TOKEN_REQUEST_URL: identity.tokenUrl,
  };
  return runWorkflow({
    workspace,
    workflow: 'tiny',
    event: 'workflow_dispatch',
    payload: { inputs },
    variables,
    token: 'secret',
    environment,
  });
}

describe('a workflow under act', () => {
  it('that goes well says what ran, what it printed, wrote and annotated', async () => {
    const { code, jobs, annotations, log } = await run({ break: 'false' });
    expect(code, log).toBe(0);
    expect(jobs.first).toMatchObject({
      result: 'success',
      steps: ['actions/checkout', 'aws-actions/configure-aws-credentials', './actions/say'],
      outputs: { 'say.word': 'hello' },
      summary: '# Summary\n',
    });
    expect(jobs.first?.printed).toContain('assumes arn:aws:iam::1:role/a in eu-central-1');
    expect(jobs.first?.printed).toMatch(/^v24\S+ octo\/catalog alice http:\/\/127.0.0.1:1 test 6$/m);
    expect(jobs.second?.printed).toBe('the word is hello\n');
    expect(annotations).toEqual([
      { job: 'first', level: 'warning', file: 'a', line: 3, column: 5, message: 'two\nlines, % and a comma' },
      { job: 'first', level: 'error', file: undefined, line: undefined, column: undefined, message: 'no place' },
    ]);
  });

  it('that fails says where, and what did not run', async () => {
    const { code, jobs } = await run({ break: 'true' });
    expect(code).toBe(1);
    expect(jobs.first).toMatchObject({ result: 'failure', outputs: { 'say.word': 'hello' } });
    expect(jobs.first?.printed).toContain('line 2000\n'); // of which act by itself would lose the last
    expect(jobs.first?.printed).not.toContain('last words');
    expect(jobs.first?.printed).toContain('something failed');
    expect(jobs.second).toBeUndefined();
  });

  it('whose role is refused has no cloud', async () => {
    const { jobs, annotations } = await run({ break: 'false' }, { ROLE: 'arn:aws:iam::1:role/refused' });
    expect(jobs.first?.steps).not.toContain('./actions/say');
    expect(annotations.map(({ message }) => message)).toEqual([expect.stringContaining('Could not assume role')]);
  });

  it('uses nothing of others that has no stand-in', async () => {
    writeFileSync(join(workspace, '.github/workflows/other.yml'), `jobs: { a: { steps: [uses: somebody/else@${COMMIT}] } }\n`);
    await expect(run({})).rejects.toThrow(`somebody/else@${COMMIT} has no stand-in: write tests/workflows/stubs/somebody/else`);
  });
});
