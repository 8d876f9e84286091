/**
 * Deploys the platform's CDK app to the emulator, with the same `cdk` command as to AWS. What it is made of is hashed: while that is
 * the same and the emulator still holds that very deployment, nothing is done.
 */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { deploymentOf, cdk as runCdk } from '@mip/infra/deploy/cdk';
import { type StackPlace, synthesise } from '@mip/infra/deploy/synthesise';
import type { Facts } from '@mip/reconcile';
import { connectionEnvironment, emulatorConnection, readIfThere, writePrivately } from './environment.ts';
import type { LocalPlatform } from './local-platform.ts';
import { revisionOf, settle } from './stacks.ts';

export interface DeployOptions {
  /** The repository. */
  readonly root: string;
  /** The state folder; it gets `platform.json` and the synthesised app in `cdk.out`. */
  readonly home: string;
  /** The emulator's base URL. */
  readonly endpoint: string;
  /** With the image of the image store, which the platform file of a local cloud does not name. */
  readonly platform: LocalPlatform;
  readonly log: (line: string) => void;
  /** Gives up: the `cdk` command would go on asking an emulator that was stopped for minutes. */
  readonly signal?: AbortSignal;
}

export interface Deployed {
  readonly facts: Facts;
  /** What the local aspect left out: `<CloudFormation type> <construct path>`. */
  readonly removed: readonly string[];
  /** True when the emulator already held this very platform. */
  readonly skipped: boolean;
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
  'infra/deploy',
  'infra/lib',
  'infra/lambda',
  'packages/api/src',
  'packages/registry/src',
  'packages/catalog/src',
  'schemas',
  'package-lock.json',
];

/** Milliseconds that a running deployment is waited for; one takes about five seconds. */
const SETTLE_LIMIT = 10_000;

/** @throws Error with the end of the `cdk` command's output when it fails. */
export async function deployPlatform(options: DeployOptions): Promise<Deployed> {
  const { root, home, platform, log } = options;
  const recordFile = join(home, 'platform.json');
  const files = await fingerprintOf(root, [...INPUTS, platform.file]);
  const own = `${platform.image_store.image_uri ?? 'without an image store'} ${JSON.stringify(platform.websocket)}`;
  const fingerprint = `${files} ${root} ${own}`;

  const recorded: Recorded | undefined = JSON.parse((await readIfThere(recordFile)) ?? 'null') ?? undefined;
  if (recorded?.fingerprint === fingerprint && (await revision(options, recorded.stack)) === recorded.revision) {
    const facts = await factsOf(options.endpoint, recorded.stack);
    if (facts !== undefined) return { facts, removed: recorded.removed, skipped: true };
  }

  log('synthesising the CDK app');
  const assembly = await synthesise(root, home, platform);
  const [stack] = assembly.stacks; // the emulator is one region
  if (stack === undefined) throw new Error(`${platform.file} names no region.`);
  const removed = assembly.removed.map(({ type, path }) => `${type} ${path}`);
  await clearHalfMade(options, stack);
  await bootstrap(options, stack);
  log(`deploying stack ${stack.name}`);
  await cdk(options, stack, [...deploymentOf(assembly.folder, stack.id, 'never'), '--method', 'direct']);
  const facts = await factsOf(options.endpoint, stack);
  const deployed = await revision(options, stack);
  if (facts === undefined || deployed === undefined)
    throw new Error(`Stack ${stack.name} was deployed, but its parameter ${stack.facts} is not there.`);
  await writePrivately(recordFile, `${JSON.stringify({ fingerprint, revision: deployed, stack, removed } satisfies Recorded, null, 2)}\n`);
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

/**
 * A change that was cut off with the emulator never ends. If it was the first deployment nothing else is there yet, and the emulator is
 * emptied; if not, that is for the user to decide.
 */
async function clearHalfMade({ home, endpoint, log }: DeployOptions, { region }: StackPlace): Promise<void> {
  const unsettled = await settle(emulatorConnection(endpoint, region), SETTLE_LIMIT);
  if (unsettled.length === 0) return;
  if (!unsettled.every((state) => state === 'CREATE_IN_PROGRESS'))
    throw new Error(
      `An update of the platform was cut off and cannot be finished: delete ${join(home, 'emulator')} (the images, jobs and results in it are lost) and start again.`,
    );
  log('the first deployment was cut off: emptying the emulator');
  await fetch(`${endpoint}/_ministack/reset`, { method: 'POST' });
}

/** The CDK's own bucket and roles, once. */
async function bootstrap(options: DeployOptions, stack: StackPlace): Promise<void> {
  if ((await parameter(options.endpoint, stack.region, '/cdk-bootstrap/hnb659fds/version')) !== undefined) return;
  options.log('preparing the account for the CDK');
  await cdk(options, stack, ['bootstrap', `aws://${stack.account}/${stack.region}`]);
}

function cdk({ root, home, endpoint, log, signal }: DeployOptions, { region }: StackPlace, args: readonly string[]): Promise<void> {
  const env = {
    ...connectionEnvironment(emulatorConnection(endpoint, region)),
    AWS_PROFILE: undefined,
    AWS_SESSION_TOKEN: undefined,
  };
  return runCdk({ root, home, env, log, ...(signal && { signal }) }, args);
}

function revision({ endpoint }: DeployOptions, { name, region }: StackPlace): Promise<string | undefined> {
  return revisionOf(emulatorConnection(endpoint, region), name);
}

async function factsOf(endpoint: string, { facts, region }: StackPlace): Promise<Facts | undefined> {
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
