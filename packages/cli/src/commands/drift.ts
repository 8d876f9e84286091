import { plan, planAsJson, type Region, type Report, renderPlan, renderReport, reportAsJson } from '@mip/reconcile';
import type { Command } from 'commander';
import { type Context, EXIT, type GlobalOptions } from '../context.ts';
import { inEveryRegion, show, worst } from '../regions.ts';
import { applyPrepared } from '../workspace.ts';

/** `mip drift`: what differs from Git, whoever did it. Exit code 2 when something does; `--heal` puts it right. */
export function add(program: Command, context: Context): void {
  program
    .command('drift')
    .description('compare every field of everything owned with Git; exit code 2 when something differs')
    .option('--heal', 'put right what differs', false)
    .action(async ({ heal }: { heal: boolean }) => {
      const global = program.opts<GlobalOptions>();
      const found = await inEveryRegion(context, global, {}, (workspace) => drift(context, workspace, heal));
      show(context, global.json, found, {
        json: ({ prepared, aws, healed }) => ({
          ...planAsJson(prepared, aws.calls.counts),
          ...(healed && { healed: reportAsJson(healed) }),
        }),
        render: ({ prepared, healed }) =>
          [
            renderPlan(prepared, { colour: context.terminal }),
            ...(healed ? [renderReport(healed, { colour: context.terminal })] : []),
          ].join('\n'),
      });
      process.exitCode = worst(found, ({ differs, healed }) => (differs ? exitCodeOf(healed) : EXIT.done));
    });
}

async function drift(context: Context, { aws, input }: Region, heal: boolean) {
  const prepared = await plan(aws, input, 'deep');
  const differs = prepared.plan.changes.length > 0 || prepared.plan.refusals.length > 0;
  const healed = differs && heal ? await applyPrepared(context, aws, prepared) : undefined;
  return { prepared, aws, differs, healed };
}

function exitCodeOf(healed: Report | undefined): number {
  if (!healed) return EXIT.pending;
  return healed.ok ? EXIT.done : EXIT.failed;
}
