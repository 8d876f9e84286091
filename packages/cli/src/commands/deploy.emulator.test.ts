/** `mip deploy` as somebody runs it: a platform of its own, with a repository on GitHub, onto an emulator of this test. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyRepository } from '../../../../tests/cloud.ts';
import { openOwnEmulator, type TestEmulator } from '../../../../tests/emulator.ts';
import { FULL } from '../../../../tests/full.ts';

const PLATFORM = `
name: second
catalog_id: second
prefix: two
account: "000000000000"
regions: [eu-central-1, us-west-2]
emulated: true
images: { version_tags: mutable, publisher: packer }
allow: { regulatory: [research], licenses: [Apache-2.0] }
github: { repository: octo-org/catalog, create_provider: true }
`;

let emulator: TestEmulator;
let root: string;

beforeAll(async () => {
  emulator = await openOwnEmulator();
  root = copyRepository();
  // Nothing runs candidates here.
  const entries = join(root, 'catalog/algorithms');
  for (const file of readdirSync(entries)) {
    const text = readFileSync(join(entries, file), 'utf8');
    writeFileSync(join(entries, file), text.replace(/^conformance:\n( .*\n)+/m, ''));
  }
  writeFileSync(join(root, 'catalog/platforms/second.yaml'), PLATFORM.trimStart());
});
afterAll(async () => {
  await emulator.stop();
  rmSync(root, { recursive: true, force: true });
});

async function run(program: string, ...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const { endpoint, scalingEndpoint, region } = emulator.connection;
  const scaling = { AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING: scalingEndpoint };
  const aws = { ...scaling, AWS_ENDPOINT_URL: endpoint, AWS_REGION: region, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  const env = { ...process.env, AWS_PROFILE: '', CDK_HOME: join(root, '.cdk'), CDK_DISABLE_CLI_TELEMETRY: 'true', ...aws };
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (text.out += chunk));
  child.stderr.on('data', (chunk) => (text.err += chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, ...text };
}

const mip = (...args: string[]) => run(process.execPath, 'packages/cli/src/main.ts', '--platform', 'second', ...args);

async function stacks(): Promise<readonly string[]> {
  const { Stacks = [] } = await new CloudFormationClient(emulator.connection).send(new DescribeStacksCommand({}));
  return Stacks.map(({ StackName = '' }) => StackName).sort();
}

describe('mip deploy', { timeout: 180_000 }, () => {
  it('says what prepares an account that the CDK has never seen', async () => {
    const { code, err } = await mip('deploy', '--yes');
    expect(err).toContain(
      'mip: eu-central-1: the account is not prepared for the CDK in eu-central-1: run `npx cdk bootstrap aws://000000000000/eu-central-1` once',
    );
    expect(code).toBe(1);
    expect(await stacks()).toEqual([]);
    expect((await run('node_modules/.bin/cdk', 'bootstrap', 'aws://000000000000/eu-central-1')).code).toBe(0);
  });

  it('a plan before it says that it is missing', async () => {
    const { code, err } = await mip('plan', '--region', 'eu-central-1');
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('There is no platform here (no parameter /two/platform/facts): deploy it with `mip deploy`'),
    ]);
  });

  if (FULL)
    it('makes nothing while rights would be broadened and nobody can be asked', async () => {
      const { code, err } = await mip('deploy', '--region', 'eu-central-1');
      expect(err).toContain("mip: two-second-eu-central-1 would broaden somebody's rights, and there is no terminal to ask on");
      expect(code).toBe(1);
      expect(await stacks()).toEqual(['CDKToolkit']);
    });

  it('deploys the platform where it can, applies the catalog there, and says what the workflows have to know', async () => {
    const { code, out, err } = await mip('deploy', '--yes', '--json');
    expect({ code, err }).toMatchObject({ code: 1 });
    const { removed, variables, regions } = JSON.parse(out);
    expect(removed).toContainEqual({ type: 'AWS::CloudFormation::Stack', path: 'two-second-delivery' });
    expect(regions).toEqual([
      { region: 'eu-central-1', platform: { stack: 'two-second' }, catalog: expect.objectContaining({ ok: true }) },
      { region: 'us-west-2', platform: { error: expect.stringContaining('is not prepared for the CDK in us-west-2') } },
    ]);
    expect(await stacks()).toEqual(['CDKToolkit', 'two-second']);
    const { Role } = await new IAMClient(emulator.connection).send(
      new GetRoleCommand({ RoleName: variables.MIP_APPLY_ROLE.split('/').at(-1) }),
    );
    expect(Role?.Arn).toBe(variables.MIP_APPLY_ROLE);
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toContain('repo:octo-org/catalog:environment:production');
  });

  it('a plan after it has nothing to change', async () => {
    const { code, out } = await mip('plan', '--region', 'eu-central-1');
    expect([code, out]).toEqual([0, expect.stringMatching(/^second in eu-central-1: nothing to change/)]);
  });

  if (FULL)
    it('a second one changes nothing', async () => {
      const { code, out } = await mip('deploy', '--region', 'eu-central-1');
      expect(out).toContain('platform second: stack two-second is deployed');
      expect(out).toContain('the emulator goes without the stack two-second-delivery, AWS::ECS::');
      expect(out).toContain('nothing to change');
      expect(out).toMatch(/MIP_PLAN_ROLE +arn:aws:iam::000000000000:role\/mip\/second\/two-eu-central-1-reconcile-plan/);
      expect(code).toBe(0);
    });

  it.each([
    [['deploy', '--region', 'eu-west-1'], 1, 'platform second is not in eu-west-1; it is in eu-central-1, us-west-2.'],
    [['deploy', '--require-approval', 'sometimes'], 1, "argument 'sometimes' is invalid"],
  ])('%s ends with %i', async (args, expected, sentence) => {
    const { code, err } = await mip(...args);
    expect([code, err]).toEqual([expected, expect.stringContaining(sentence)]);
  });
});
