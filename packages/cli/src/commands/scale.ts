import { narrow, type PlannedChange, plan, type Report, renderReport, reportAsJson, setScale } from '@mip/reconcile';
import type { Command } from 'commander';
import ms from 'ms';
import { type Context, EXIT, Failure, type GlobalOptions } from '../context.ts';
import { inEveryRegion, show, worst } from '../regions.ts';
import { applyPrepared, type Workspace } from '../workspace.ts';

/** The most tasks that ECS runs for one service. */
const MOST_TASKS = 5000;
/** Whoever wants a number for longer changes the catalog. */
const LONGEST_MS = ms('7d');

interface Scaling {
  readonly algorithm: string;
  /** Undefined goes back to what the catalog says. */
  readonly override: { readonly count: number; readonly until: string } | undefined;
}

/** `mip scale NAME COUNT --for 2h`: a number of tasks for a while, which plan, apply and drift respect until then. */
export function add(program: Command, context: Context): void {
  program
    .command('scale')
    .description('run a number of tasks of an algorithm for a while; then the catalog decides again')
    .argument('<name>', 'the algorithm')
    .argument('<count>', 'the number of tasks, or "catalog" to go back to what the catalog says')
    .option('--for <duration>', 'how long, like 90m or 2h; at most 7d', '2h')
    .action(async (algorithm: string, count: string, options: { for: string }) => {
      const global = program.opts<GlobalOptions>();
      const override = count === 'catalog' ? undefined : { count: parseCount(count), until: untilOf(options.for) };
      const scaled = await inEveryRegion(context, global, {}, (workspace) => scale(context, workspace, { algorithm, override }));
      show(context, global.json, scaled, {
        json: ({ report }) => ({ scale_override: override ?? null, ...reportAsJson(report) }),
        render: ({ report, words }) => `${words}\n${renderReport(report, { colour: context.terminal })}`,
      });
      process.exitCode = worst(scaled, ({ report }) => (report.ok ? EXIT.done : EXIT.failed));
    });
}

/** Writes it into the registry, then makes this one change: whatever else the catalog has new is left to an apply. */
async function scale(context: Context, { aws, input }: Workspace, scaling: Scaling): Promise<{ report: Report; words: string }> {
  const { algorithm, override } = scaling;
  await setScale(aws, input.platform, algorithm, override);
  const whole = await plan(aws, input);
  const mine = whole.plan.changes.filter((change) => change.algorithm === algorithm);
  const alone = (change: PlannedChange) => change.kind === 'service' && change.fields.every(({ path }) => path === '/desiredCount');
  const prepared = narrow(whole, (change) => change.algorithm === algorithm && alone(change));
  const later = mine.some((change) => !alone(change)) ? '; the catalog has more to change here, which `mip apply` does' : '';
  const words = override ? `${override.count} tasks until ${override.until}, then what the catalog says` : 'what the catalog says';
  return { report: await applyPrepared(context, aws, prepared), words: `${algorithm}: ${words}${later}` };
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count > MOST_TASKS)
    throw new Failure(`"${text}" is no number of tasks: give 0 to ${MOST_TASKS}, or "catalog".`);
  return count;
}

function untilOf(duration: string): string {
  const length = ms(duration as ms.StringValue);
  if (!length || length <= 0 || length > LONGEST_MS)
    throw new Failure(`"${duration}" is no duration up to 7d: give something like 90m or 2h.`);
  return new Date(Date.now() + length).toISOString();
}
