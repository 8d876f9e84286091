import { readFacts } from '@mip/reconcile';
import { type Check, platformChecks, type Verdict } from '@mip/reconcile/health';
import type { Command } from 'commander';
import { apiChecks } from '../api-checks.ts';
import { type Context, EXIT, type GlobalOptions } from '../context.ts';
import { type Observed, observeRegions } from '../observing.ts';
import { show, worst } from '../regions.ts';
import { table } from '../tables.ts';

const CODES: Readonly<Record<Verdict, number>> = { ok: EXIT.done, warning: EXIT.pending, failed: EXIT.failed };

/** `mip health`: the API, services, queues, jobs and the lease. Exit code 1 when something failed, 2 when somebody should look. */
export function add(program: Command, context: Context): void {
  program
    .command('health')
    .description('whether the platform works, part by part; exit code 1 when a part failed, 2 when somebody should look')
    .action(async () => {
      const global = program.opts<GlobalOptions>();
      const found = await observeRegions(context, global, (observed) => checksOf(context, observed));
      show(context, global.json, found, { json: (checks) => ({ healthy: checks.every(isOk), checks }), render: tableOf });
      process.exitCode = worst(found, (checks) => {
        const codes = checks.map(({ verdict }) => CODES[verdict]);
        return codes.includes(EXIT.failed) ? EXIT.failed : Math.max(EXIT.done, ...codes);
      });
    });
}

/** The API's address is a fact of the platform, unless the caller knows a nearer one. */
async function checksOf({ environment }: Context, { aws, owner }: Observed): Promise<readonly Check[]> {
  const url = environment.MIP_API_URL ?? (await readFacts(aws.ssm, owner.names)).api_url;
  const [api, platform] = await Promise.all([apiChecks(url), platformChecks(aws, owner, new Date())]);
  return [...api, ...platform];
}

function isOk({ verdict }: Check): boolean {
  return verdict === 'ok';
}

function tableOf(checks: readonly Check[]): string {
  return table(
    ['check', 'verdict', ''],
    checks.map(({ check, verdict, detail }) => [check, verdict, detail]),
  );
}
