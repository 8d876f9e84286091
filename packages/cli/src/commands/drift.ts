import { plan, planAsJson, renderPlan, renderReport } from '@mip/reconcile';
import type { Command } from 'commander';
import { type Context, EXIT, type GlobalOptions } from '../context.ts';
import { applyPrepared, loadValid, openWorkspace } from '../workspace.ts';

/** `mip drift`: what differs from Git, whoever did it. Exit code 2 when something does; `--heal` puts it right. */
export function add(program: Command, context: Context): void {
  program
    .command('drift')
    .description('compare every field of everything owned with Git; exit code 2 when something differs')
    .option('--heal', 'put right what differs', false)
    .action(async (options: { heal: boolean }) => {
      const { platform, json } = program.opts<GlobalOptions>();
      const { aws, input } = await openWorkspace(context, await loadValid(context, platform));
      const prepared = await plan(aws, input, 'deep');
      context.print(json ? planAsJson(prepared, aws.calls.counts) : renderPlan(prepared, { colour: context.terminal }));
      const differs = prepared.plan.changes.length > 0 || prepared.plan.refusals.length > 0;
      if (differs) process.exitCode = EXIT.pending;
      if (!differs || !options.heal) return;
      const report = await applyPrepared(context, aws, prepared);
      context.warn(renderReport(report, { colour: false }));
      process.exitCode = report.ok ? EXIT.done : EXIT.failed;
    });
}
