import { plan, planAsJson, renderPlan } from '@mip/reconcile';
import type { Command } from 'commander';
import { type Context, EXIT, type GlobalOptions } from '../context.ts';
import { loadValid, openWorkspace } from '../workspace.ts';

/** `mip plan`: what an apply would change, and why. Exit code 2 when there is something. */
export function add(program: Command, context: Context): void {
  program
    .command('plan')
    .description('show what an apply would change, and why; exit code 2 when there is something')
    .action(async () => {
      const { platform, json } = program.opts<GlobalOptions>();
      const { aws, input } = await openWorkspace(context, await loadValid(context, platform));
      const prepared = await plan(aws, input);
      context.print(json ? planAsJson(prepared, aws.calls.counts) : renderPlan(prepared, { colour: context.terminal }));
      if (prepared.dangers.length) process.exitCode = EXIT.failed;
      else if (prepared.plan.changes.length || prepared.plan.refusals.length) process.exitCode = EXIT.pending;
    });
}
