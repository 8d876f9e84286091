/**
 * Deploys the platform's CDK app to the emulator, with the same `cdk` command as to AWS. What it is made of is hashed: while that is
 * the same and the emulator still holds that very deployment, nothing is done.
 */

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { execa } from 'execa';
import { connectionEnvironment, emulatorConnection, readIfThere, writePrivately } from './environment.ts';

/** The SSM parameter `/{prefix}/platform/facts`, written by the CDK app. */
export interface PlatformFacts {
  readonly vpc_id: string;
  readonly subnets: readonly string[];
  readonly security_group: string;
  /** Tasks need a public address because the platform has no NAT. */
  readonly assign_public_ip: boolean;
  readonly cluster: string;
  readonly task_role_arn: string;
  readonly execution_role_arn: string;
  readonly images_key_secret_arn: string;
  readonly log_group: string;
  readonly api_id: string;
  readonly api_url: string;
}

export interface DeployOptions {
  /** The repository. */
  readonly root: string;
  /** The state folder; it gets `platform.json` and the synthesised app in `cdk.out`. */
  readonly home: string;
  /** The emulator's base URL. */
  readonly endpoint: string;
  /** `catalog/platforms/<platform>.yaml`, absolute or from `root`. */
  readonly platformFile: string;
  readonly log: (line: string) => void;
}

export interface Deployed {
  readonly facts: PlatformFacts;
  /** What the local aspect left out: `<CloudFormation type> <construct path>`. */
  readonly removed: readonly string[];
  /** True when the emulator already held this very platform. */
  readonly skipped: boolean;
}

/** One stack as `infra/bin/platform.ts` prints it. */
interface StackPlace {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly facts: string;
}

/** `<home>/platform.json`. `revision` tells this deployment from another that a restored emulator may hold. */
interface Recorded {
  readonly fingerprint: string;
  readonly revision: string;
  readonly stack: StackPlace;
  readonly removed: readonly string[];
}

/** What the platform is made of, from the repository's root. */
const INPUTS = [
  'infra/bin',
  'infra/lib',
  'infra/lambda',
  'packages/api/src',
  'packages/registry/src',
  'packages/catalog/src',
  'schemas',
  'package-lock.json',
];

/** @throws Error with the end of the `cdk` command's output when it fails. */
export async function deployPlatform(options: DeployOptions): Promise<Deployed> {
  const { root, home, log } = options;
  const platformFile = resolve(root, options.platformFile);
  const recordFile = join(home, 'platform.json');
  const fingerprint = await fingerprintOf(root, [...INPUTS, relative(root, platformFile)]);

  const recorded: Recorded | undefined = JSON.parse((await readIfThere(recordFile)) ?? 'null') ?? undefined;
  if (recorded?.fingerprint === fingerprint && (await revisionOf(options.endpoint, recorded.stack)) === recorded.revision) {
    const facts = await factsOf(options.endpoint, recorded.stack);
    if (facts !== undefined) return { facts, removed: recorded.removed, skipped: true };
  }

  log('synthesising the CDK app');
  const { stack, removed } = await synthesise(root, home, platformFile);
  await bootstrap(options, stack);
  log(`deploying stack ${stack.name}`);
  await cdk(options, stack, [
    'deploy',
    '--app',
    join(home, 'cdk.out'),
    '--all',
    '--require-approval',
    'never',
    '--progress',
    'events',
    '--method',
    'direct',
  ]);
  const facts = await factsOf(options.endpoint, stack);
  const revision = await revisionOf(options.endpoint, stack);
  if (facts === undefined || revision === undefined)
    throw new Error(`Stack ${stack.name} was deployed, but its parameter ${stack.facts} is not there.`);
  await writePrivately(recordFile, `${JSON.stringify({ fingerprint, revision, stack, removed } satisfies Recorded, null, 2)}\n`);
  return { facts, removed, skipped: false };
}

/** SHA-256 over paths and contents of all files below `paths`, in sorted order; tests and folders of tools are left out. */
export async function fingerprintOf(root: string, paths: readonly string[]): Promise<string> {
  const files = (await Promise.all(paths.map((path) => filesBelow(root, path)))).flat().sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const content = await readFile(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return `sha256:${hash.digest('hex')}`;
}

async function filesBelow(root: string, path: string): Promise<string[]> {
  const entries = await readdir(join(root, path), { withFileTypes: true, recursive: true }).catch(
    (error: NodeJS.ErrnoException) => error.code,
  );
  if (entries === 'ENOTDIR') return [path];
  if (!Array.isArray(entries)) return []; // not there (yet): adding it changes the fingerprint
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'));
  return files.map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

async function synthesise(root: string, home: string, platformFile: string): Promise<{ stack: StackPlace; removed: string[] }> {
  await mkdir(home, { recursive: true });
  const { stdout } = await execa('node', [join(root, 'infra/bin/platform.ts')], {
    preferLocal: true,
    localDir: root,
    env: {
      CDK_OUTDIR: join(home, 'cdk.out'),
      CDK_CONTEXT_JSON: JSON.stringify({ emulated: true, platform: platformFile }),
      JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION: '1',
    },
  });
  const printed: { stacks: StackPlace[]; removed: { type: string; path: string }[] } = JSON.parse(
    stdout.trimEnd().split('\n').at(-1) ?? '',
  );
  const [stack] = printed.stacks; // the emulator is one region
  if (stack === undefined) throw new Error(`${platformFile} names no region.`);
  return { stack, removed: printed.removed.map(({ type, path }) => `${type} ${path}`) };
}

/** The CDK's own bucket and roles, once. */
async function bootstrap(options: DeployOptions, stack: StackPlace): Promise<void> {
  if ((await parameter(options.endpoint, stack.region, '/cdk-bootstrap/hnb659fds/version')) !== undefined) return;
  options.log('preparing the account for the CDK');
  await cdk(options, stack, ['bootstrap', `aws://${stack.account}/${stack.region}`]);
}

/** Runs the `cdk` command against the emulator; each resource that is ready becomes one line of the log. */
async function cdk({ root, home, endpoint, log }: DeployOptions, { region }: StackPlace, args: readonly string[]): Promise<void> {
  const running = execa('cdk', [...args, '--ci', '--no-notices', '--no-version-reporting', '--no-color'], {
    preferLocal: true,
    localDir: root,
    cwd: home,
    all: true,
    reject: false,
    env: {
      ...connectionEnvironment(emulatorConnection(endpoint, region)),
      AWS_PROFILE: undefined,
      AWS_SESSION_TOKEN: undefined,
      CDK_HOME: join(home, 'cdk'), // its caches, which would else go to the user's home
      CDK_DISABLE_CLI_TELEMETRY: 'true',
    },
  });
  const output: string[] = [];
  for await (const line of running.iterable({ from: 'all' })) {
    output.push(line);
    const event = /\|\s*(\d+\/\d+) \|.*\| (?:CREATE|UPDATE)_COMPLETE\s*\| (\S+)\s*\| (\S+)/.exec(line);
    if (event) log(`${event[1]} ${event[2]} ${event[3]}`);
  }
  const { exitCode } = await running;
  if (exitCode !== 0) throw new Error(`cdk ${args[0]} failed:\n${output.slice(-30).join('\n')}`);
}

/** Which deployment the emulator holds, or undefined when the stack is missing or half-done. */
async function revisionOf(endpoint: string, { name, region }: StackPlace): Promise<string | undefined> {
  const client = new CloudFormationClient(emulatorConnection(endpoint, region));
  const answer = await client.send(new DescribeStacksCommand({ StackName: name })).catch(() => undefined);
  const stack = answer?.Stacks?.[0];
  if (!stack || !/^(CREATE|UPDATE)_COMPLETE$/.test(stack.StackStatus ?? '')) return undefined;
  return `${stack.StackId} ${(stack.LastUpdatedTime ?? stack.CreationTime)?.toISOString()}`;
}

async function factsOf(endpoint: string, { facts, region }: StackPlace): Promise<PlatformFacts | undefined> {
  const text = await parameter(endpoint, region, facts);
  return text === undefined ? undefined : JSON.parse(text);
}

async function parameter(endpoint: string, region: string, name: string): Promise<string | undefined> {
  try {
    return (await new SSMClient(emulatorConnection(endpoint, region)).send(new GetParameterCommand({ Name: name }))).Parameter?.Value;
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw error;
  }
}
