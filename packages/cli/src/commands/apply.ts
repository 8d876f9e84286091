import { type Override, renderReport, reportAsJson } from '@mip/reconcile';
import { type Command, Option } from 'commander';
import { type Context, EXIT, type GlobalOptions } from '../context.ts';
import { inEveryRegion, show, worst } from '../regions.ts';
import { applyCatalog } from '../workspace.ts';

/** `mip apply`: makes the platform what the catalog says. A second apply changes nothing. */
export function add(program: Command, context: Context): void {
  program
    .command('apply')
    .description('make the platform what the catalog says')
    .addOption(new Option('--allow <rule...>', 'lift a safety rule for this run').choices(['deletes', 'updates']).default([]))
    .option('--adopt <name...>', 'take over these resources, which nobody owns, by their physical names', [])
    .action(async (options: { allow: readonly Override[]; adopt: readonly string[] }) => {
      const global = program.opts<GlobalOptions>();
      const applied = await inEveryRegion(context, global, options, (workspace) => applyCatalog(context, workspace));
      show(context, global.json, applied, {
        json: reportAsJson,
        render: (report) => renderReport(report, { colour: context.terminal }),
      });
      process.exitCode = worst(applied, ({ ok }) => (ok ? EXIT.done : EXIT.failed));
    });
}
