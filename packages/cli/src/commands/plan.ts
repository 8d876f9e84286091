import { type Prepared, plan, planAsJson, renderPlan } from '@mip/reconcile';
import type { Command } from 'commander';
import { type Context, EXIT, type GlobalOptions } from '../context.ts';
import { inEveryRegion, show, worst } from '../regions.ts';

/** `mip plan`: what an apply would change, and why. Exit code 2 when there is something. */
export function add(program: Command, context: Context): void {
  program
    .command('plan')
    .description('show what an apply would change, and why; exit code 2 when there is something')
    .option('--adopt <name...>', 'as if these resources, which nobody owns, were to be taken over', [])
    .action(async ({ adopt }: { adopt: readonly string[] }) => {
      const global = program.opts<GlobalOptions>();
      const planned = await inEveryRegion(context, global, { adopt }, async ({ aws, input }) => ({
        prepared: await plan(aws, input),
        aws,
      }));
      show(context, global.json, planned, {
        json: ({ prepared, aws }) => planAsJson(prepared, aws.calls.counts),
        render: ({ prepared }) => renderPlan(prepared, { colour: context.terminal }),
      });
      process.exitCode = worst(planned, ({ prepared }) => exitCodeOf(prepared));
    });
}

/** Failed where an apply would be refused, pending where it would do something. */
export function exitCodeOf({ dangers, plan: { changes, refusals } }: Prepared): number {
  if (dangers.length > 0) return EXIT.failed;
  return changes.length > 0 || refusals.length > 0 ? EXIT.pending : EXIT.done;
}
