/** `deploy-platform` and `ci`: the workflows that run commands of the repository, in a copy of it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { copyRepository } from '../cloud.ts';
import { openOwnEmulator, type TestEmulator } from '../emulator.ts';
import { FULL } from '../full.ts';
import { runWorkflow } from './act.ts';
import { Identity } from './identity.ts';
import { giveRights } from './rights.ts';
import { roleOf, VARIABLES } from './runner.ts';

vi.setConfig({ testTimeout: 240_000 });

const PLATFORM = `
name: north
catalog_id: north
prefix: nor
account: "000000000000"
regions: [eu-central-1]
emulated: true
images: { version_tags: mutable, publisher: packer }
allow: { regulatory: [research], licenses: [Apache-2.0] }
`;

let emulator: TestEmulator;
let identity: Identity;
const workspace = copyRepository();
const programs = mkdtempSync(join(tmpdir(), 'mip-programs-'));

/** A program of that name that is on the path before all others. */
function program(name: string, script: string): void {
  writeFileSync(join(programs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

beforeAll(async () => {
  emulator = await openOwnEmulator();
  identity = await Identity.open(emulator.connection.endpoint);
  writeFileSync(join(workspace, 'catalog/platforms/north.yaml'), PLATFORM.trimStart());
  writeFileSync(join(workspace, '.ci/run'), '#!/bin/sh\necho "every suite of $GITHUB_REPOSITORY"\n');
  chmodSync(join(workspace, '.ci/run'), 0o755);
  // What is installed is a link to what this repository has.
  program('npm', 'echo "npm $*"');
  program('npx', '[ "$1" = mip ] && shift && exec node packages/cli/bin/mip.mjs "$@"');
  giveRights(workspace, { token: () => 'none', identityUrl: identity.tokenUrl, fork: false });
  const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], { cwd: workspace });
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Begin');
});
afterAll(async () => {
  await Promise.all([emulator.stop(), identity.close()]);
  for (const folder of [workspace, programs]) rmSync(folder, { recursive: true, force: true });
});

const region = 'eu-central-1';
const environment = () => ({
  AWS_ENDPOINT_URL: emulator.connection.endpoint,
  AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING: emulator.connection.scalingEndpoint,
  AWS_ENDPOINT_URL_STS: identity.url,
  AWS_EC2_METADATA_DISABLED: 'true',
});

it('deploy-platform deploys with its own role, asking nobody, and leaves the catalog to catalog-apply', async () => {
  if (FULL) {
    const env = { ...environment(), AWS_REGION: region, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
    await execa('cdk', ['bootstrap', `aws://000000000000/${region}`], { cwd: workspace, preferLocal: true, env });
  }
  const run = await runWorkflow({
    ...{ workspace, programs, workflow: 'deploy-platform', event: 'workflow_dispatch', inputs: {} },
    ...{ variables: VARIABLES, environment: environment() },
  });
  expect(run.jobs.deploy?.printed, run.log).toContain('npm ci');
  expect(identity.assumed).toEqual([roleOf('DEPLOY')]);
  const prepared = 'platform north: stack nor-north is deployed';
  const unprepared = `the account is not prepared for the CDK in ${region}: run \`npx cdk bootstrap aws://000000000000/${region}\` once`;
  expect(run.jobs.deploy?.printed).toContain(FULL ? prepared : unprepared);
  expect(run.code).toBe(FULL ? 0 : 1);
});

it('ci runs every suite', async () => {
  const { code, jobs, log } = await runWorkflow({ workspace, workflow: 'ci', event: 'push' });
  expect(code, log).toBe(0);
  expect(jobs.test?.printed).toContain('every suite of octo/catalog');
});
