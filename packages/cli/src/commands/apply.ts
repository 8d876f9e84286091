import { type Override, renderReport, reportAsJson } from '@mip/reconcile';
import { type Command, Option } from 'commander';
import { type Context, EXIT, type GlobalOptions } from '../context.ts';
import { applyCatalog, loadValid, openWorkspace } from '../workspace.ts';

/** `mip apply`: makes the platform what the catalog says. A second apply changes nothing. */
export function add(program: Command, context: Context): void {
  program
    .command('apply')
    .description('make the platform what the catalog says')
    .addOption(new Option('--allow <rule...>', 'lift a safety rule for this run').choices(['deletes', 'updates']).default([]))
    .action(async (options: { allow: readonly Override[] }) => {
      const { platform, json } = program.opts<GlobalOptions>();
      const workspace = await openWorkspace(context, await loadValid(context, platform), undefined, options.allow);
      const report = await applyCatalog(context, workspace);
      context.print(json ? reportAsJson(report) : renderReport(report, { colour: context.terminal }));
      if (!report.ok) process.exitCode = EXIT.failed;
    });
}
