/** The platform's stacks, deployed by the `cdk` command: first what the account has once, then region by region. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import type { Platform } from '@mip/catalog';
import { type Approval, cdk, deploymentOf, NobodyToAsk } from '@mip/infra/deploy/cdk';
import { type Assembly, type StackPlace, synthesise } from '@mip/infra/deploy/synthesise';
import { type Context, Failure } from './context.ts';
import { type InRegion, inRegion } from './regions.ts';

export interface PlatformDeployment {
  readonly regions: readonly InRegion<{ readonly stack: string }>[];
  /** Whether there is what the account has once, the role that deploys among it. */
  readonly delivered: boolean;
  /** What an emulator's platform goes without. */
  readonly removed: Assembly['removed'];
}

/** Where `cdk bootstrap` says that it was there. */
const BOOTSTRAPPED = '/cdk-bootstrap/hnb659fds/version';

/** A region that fails leaves the others. @throws {Failure} when nothing could be deployed at all. */
export async function deployPlatform(
  context: Context,
  platform: Platform,
  { regions, approval }: { readonly regions: readonly string[]; readonly approval: Approval },
): Promise<PlatformDeployment> {
  const home = await mkdtemp(join(tmpdir(), 'mip-deploy-'));
  try {
    context.warn('synthesising the CDK app');
    const assembly = await synthesise(context.root, home, platform);
    const deploy = (stack: string) => deployStack(context, home, { assembly, stack, approval });
    await deployDelivery(assembly, deploy);
    const deployed: InRegion<{ stack: string }>[] = [];
    for (const stack of assembly.stacks.filter(({ region }) => regions.includes(region)))
      deployed.push(await inRegion(stack.region, () => deployRegion(stack, deploy)));
    return { regions: deployed, delivered: assembly.delivery !== undefined, removed: assembly.removed };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** The roles of every region need it, so what keeps it back keeps back all. */
async function deployDelivery({ delivery, stacks: [home] }: Assembly, deploy: (stack: string) => Promise<void>): Promise<void> {
  if (delivery === undefined || home === undefined) return;
  await bootstrapped(home);
  await deploy(delivery);
}

async function deployRegion(stack: StackPlace, deploy: (stack: string) => Promise<void>): Promise<{ stack: string }> {
  await bootstrapped(stack);
  await deploy(stack.id);
  return { stack: stack.name };
}

/** @throws {Failure} that says what to run. */
async function bootstrapped({ account, region }: StackPlace): Promise<void> {
  try {
    await new SSMClient({ region }).send(new GetParameterCommand({ Name: BOOTSTRAPPED }));
  } catch (error) {
    if (!(error instanceof ParameterNotFound)) throw error;
    throw new Failure(
      `the account is not prepared for the CDK in ${region}: run \`npx cdk bootstrap aws://${account}/${region}\` once, as an administrator.`,
    );
  }
}

async function deployStack(
  { root, terminal, warn }: Context,
  home: string,
  { assembly, stack, approval }: { readonly assembly: Assembly; readonly stack: string; readonly approval: Approval },
): Promise<void> {
  warn(`deploying ${stack}`);
  try {
    await cdk({ root, home, terminal, log: (line) => warn(`  ${line}`) }, deploymentOf(assembly.folder, stack, approval));
  } catch (error) {
    if (!(error instanceof NobodyToAsk)) throw error;
    throw new Failure(
      `${stack} would broaden somebody's rights, and there is no terminal to ask on: run \`mip deploy\` on one and read what changes, or say --yes.`,
    );
  }
}
