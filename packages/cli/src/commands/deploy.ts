import type { Platform } from '@mip/catalog';
import { APPROVALS, type Approval } from '@mip/infra/deploy/cdk';
import { type Report, renderReport, reportAsJson } from '@mip/reconcile';
import { physicalNames } from '@mip/registry/names';
import { type Command, Option } from 'commander';
import { type Context, EXIT, type GlobalOptions } from '../context.ts';
import { scopeOf } from '../platform.ts';
import { deployPlatform, type PlatformDeployment } from '../platform-deployment.ts';
import { type InRegion, inEveryRegion, regionsOf, show, worst } from '../regions.ts';
import { applyCatalog, loadValid } from '../workspace.ts';

interface Options {
  readonly requireApproval: Approval;
  readonly yes: boolean;
  /** False: only the platform. */
  readonly catalog: boolean;
}

/** `mip deploy`: the platform in all its regions, then the catalog. A second one changes nothing. */
export function add(program: Command, context: Context): void {
  program
    .command('deploy')
    .description('deploy the platform in all its regions, then make it what the catalog says')
    .addOption(
      new Option('--require-approval <when>', 'ask on the terminal before rights change; where there is none, stop')
        .choices(APPROVALS)
        .default('broadening' satisfies Approval),
    )
    .option('--yes', 'ask nothing, like --require-approval never', false)
    .option('--no-catalog', 'only the platform: the catalog is applied by somebody else')
    .action((options: Options) => deploy(context, program.opts<GlobalOptions>(), options));
}

async function deploy(context: Context, global: GlobalOptions, options: Options): Promise<void> {
  const { platform } = await loadValid(context, global.platform);
  const approval = options.yes ? 'never' : options.requireApproval;
  const deployment = await deployPlatform(context, platform, { regions: regionsOf(platform, global.region), approval });
  const there = deployment.regions.filter(({ error }) => error === undefined);
  const applied = options.catalog ? (await Promise.all(there.map(({ region }) => applyIn(context, global, region)))).flat() : [];
  if (global.json) context.print(JSON.stringify(asJson(platform, deployment, applied), null, 2));
  else print(context, platform, deployment, applied);
  process.exitCode = Math.max(
    worst(deployment.regions, () => EXIT.done),
    worst(applied, ({ ok }) => (ok ? EXIT.done : EXIT.failed)),
  );
}

function applyIn(context: Context, { platform }: GlobalOptions, region: string): Promise<readonly InRegion<Report>[]> {
  return inEveryRegion(context, { platform, region }, {}, (workspace) => applyCatalog(context, workspace));
}

function asJson(platform: Platform, { regions, delivered, removed }: PlatformDeployment, applied: readonly InRegion<Report>[]): object {
  const report = (region: string) => {
    const one = applied.find((result) => result.region === region);
    return one && (one.error === undefined ? reportAsJson(one.value) : { error: one.error });
  };
  return {
    removed,
    variables: variablesOf(platform, delivered),
    regions: regions.map(({ region, ...one }) => ({
      region,
      platform: one.error === undefined ? one.value : { error: one.error },
      ...(report(region) && { catalog: report(region) }),
    })),
  };
}

function print(context: Context, platform: Platform, deployment: PlatformDeployment, applied: readonly InRegion<Report>[]): void {
  const { regions, delivered, removed } = deployment;
  show(context, false, regions, { json: (value) => value, render: ({ stack }) => `platform ${platform.name}: stack ${stack} is deployed` });
  const without = removed.map(({ type, path }) => (type === 'AWS::CloudFormation::Stack' ? `the stack ${path}` : type));
  if (without.length > 0 && regions.some(({ error }) => error === undefined))
    context.print(`the emulator goes without ${[...new Set(without)].join(', ')}`);
  show(context, false, applied, { json: reportAsJson, render: (report) => renderReport(report, { colour: context.terminal }) });
  for (const [name, value] of Object.entries(variablesOf(platform, delivered))) context.print(`${name.padEnd(16)} ${value}`);
}

/** What the repository's workflows have to be told; nothing where the platform file names no repository. */
function variablesOf(platform: Platform, delivered: boolean): Readonly<Record<string, string>> {
  if (platform.github === undefined) return {};
  const names = physicalNames(scopeOf(platform));
  return {
    MIP_PLATFORM: platform.name,
    AWS_REGION: platform.regions[0],
    MIP_PLAN_ROLE: names.roleArn(names.planRole),
    MIP_BUILD_ROLE: names.roleArn(names.buildRole),
    MIP_APPLY_ROLE: names.roleArn(names.applyRole),
    MIP_SCALE_ROLE: names.roleArn(names.scaleRole),
    ...(delivered && { MIP_DEPLOY_ROLE: names.roleArn(names.deployRole) }),
  };
}
