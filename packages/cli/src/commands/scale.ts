import { overrideWords, parseOverride } from '@mip/reconcile/override';
import { type Scaled, scale } from '@mip/reconcile/scale';
import type { Command } from 'commander';
import { type Context, EXIT, Failure, type GlobalOptions } from '../context.ts';
import { inEveryRegion, show, worst } from '../regions.ts';
import { holding } from '../workspace.ts';

/** `mip scale NAME COUNT --for 2h`: a number of tasks for a while, which plan, apply and drift respect until then. */
export function add(program: Command, context: Context): void {
  program
    .command('scale')
    .description('run a number of tasks of an algorithm for a while; then the catalog decides again')
    .argument('<name>', 'the algorithm')
    .argument('<count>', 'the number of tasks, or "catalog" to go back to what the catalog says')
    .option('--for <duration>', 'how long, like 90m or 2h; at most 7d', '2h')
    .action(async (name: string, count: string, options: { for: string }) => {
      const global = program.opts<GlobalOptions>();
      const override = parsed(() => parseOverride(count, options.for, new Date()));
      const scaled = await inEveryRegion(context, global, {}, async ({ aws, input }) => {
        const algorithm = input.algorithms.find((one) => one.name === name);
        if (!algorithm) throw new Failure(`the catalog has no algorithm ${name}.`);
        return scale(aws, input.platform, { algorithm, override }, await holding(context));
      });
      show(context, global.json, scaled, {
        json: (one) => ({ scale_override: override ?? null, ...one }),
        render: (one) => `${name}: ${overrideWords(override)}; ${tasksWords(one)}`,
      });
      process.exitCode = worst(scaled, () => EXIT.done);
    });
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new Failure((error as Error).message);
  }
}

function tasksWords({ from, to }: Scaled): string {
  return from === to ? `${to} are set already` : `from ${from} to ${to} tasks`;
}
