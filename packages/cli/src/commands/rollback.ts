import type { Algorithm } from '@mip/catalog';
import { findReleaseCommit } from '@mip/catalog/release-commit';
import { ReleasedContracts } from '@mip/catalog/released-contracts';
import { reportAsJson } from '@mip/reconcile';
import { pinFor, pinNow, releaseBefore } from '@mip/reconcile/pin';
import { pinWords } from '@mip/reconcile/pin-words';
import { renderReport } from '@mip/reconcile/report/terminal';
import type { Command } from 'commander';
import { execa } from 'execa';
import { type Context, EXIT, Failure, type GlobalOptions } from '../context.ts';
import { inEveryRegion, show, worst } from '../regions.ts';
import { holding, loadValid } from '../workspace.ts';

interface RollbackOptions {
  readonly to?: string;
  readonly now: boolean;
  readonly for: string;
}

/** What ends a pin: the catalog decides again. */
const CATALOG = 'catalog';

/** `mip rollback NAME [--to VERSION]`: the files of an earlier release on disk; with `--now` that release runs at once, for a while. */
export function add(program: Command, context: Context): void {
  program
    .command('rollback')
    .description(
      'put an algorithm back to an earlier release: its files on disk, or with --now what runs, until its pull request is merged',
    )
    .argument('<name>', 'the algorithm')
    .option('--to <version>', 'the release; by default the last one before the present. With --now, "catalog" ends an earlier rollback')
    .option('--now', 'pin that release in the platform, without a change of the catalog', false)
    .option('--for <duration>', 'how long a pin holds, like 90m or 2h; at most 7d', '2h')
    .action(async (name: string, options: RollbackOptions) => {
      const global = program.opts<GlobalOptions>();
      const { algorithms } = await loadValid(context, global.platform);
      const algorithm = algorithms.find((one) => one.name === name);
      if (!algorithm) throw new Failure(`the catalog has no algorithm ${name}.`);
      if (options.now) return pin(context, global, algorithm, options);
      if (options.to === CATALOG) throw new Failure('--to catalog ends a pin, which needs --now.');
      await restore(context, global, algorithm, versionOf(context, algorithm, options.to));
    });
}

/** In every region: each has its own registry. */
async function pin(context: Context, global: GlobalOptions, algorithm: Algorithm, options: RollbackOptions): Promise<void> {
  const run = await holding(context);
  const { holder: by, commit } = run;
  const order = {
    algorithm: algorithm.name,
    pin: options.to === CATALOG ? undefined : pinOf(versionOf(context, algorithm, options.to), options.for, { by, commit }),
  };
  const reports = await inEveryRegion(context, global, {}, ({ aws, input }) => pinNow(aws, input, order, run));
  const words = order.pin ? pinWords(order.pin) : 'what the catalog says';
  show(context, global.json, reports, {
    json: (report) => ({ pin: order.pin ?? null, ...reportAsJson(report) }),
    render: (report) => `${algorithm.name}: ${words}\n${renderReport(report, { colour: context.terminal })}`,
  });
  process.exitCode = worst(reports, ({ ok }) => (ok ? EXIT.done : EXIT.failed));
}

function pinOf(version: string, duration: string, who: { readonly by: string; readonly commit: string }) {
  try {
    return pinFor(version, duration, who, new Date());
  } catch (error) {
    throw new Failure((error as Error).message);
  }
}

/** @throws {Failure} where no release comes before the present version. */
function versionOf({ root }: Context, algorithm: Algorithm, asked: string | undefined): string {
  const version = asked ?? releaseBefore(algorithm, new ReleasedContracts(root).versionsOf(algorithm.name));
  if (version === undefined) throw new Failure(`there is no release of ${algorithm.name} before ${algorithm.version}: name one with --to.`);
  if (version === algorithm.version) throw new Failure(`${algorithm.name} is at ${version} already.`);
  return version;
}

/** Entry and source folder as they were at the release; what somebody has not committed is never overwritten. */
async function restore(
  context: Context,
  { json }: GlobalOptions,
  { name, version: from, file, source }: Algorithm,
  version: string,
): Promise<void> {
  const found = await findReleaseCommit(context.root, name, version);
  if (!found)
    throw new Failure(`the history here has no ${name} ${version}: fetch all of it, or use the rollback action with method: image.`);
  const paths = [file, found.source];
  const git = async (...args: string[]) => (await execa('git', args, { cwd: context.root })).stdout;
  const changed = await git('status', '--porcelain', '--', ...new Set([...paths, ...(source ? [source] : [])]));
  if (changed) throw new Failure(`there are changes that are not committed; commit or undo them first:\n${changed}`);
  await git('restore', `--source=${found.commit}`, '--worktree', '--no-overlay', '--', ...paths);
  const commit = found.commit.slice(0, 12);
  context.print(
    json
      ? JSON.stringify({ algorithm: name, from, to: version, commit: found.commit, paths })
      : `${name} goes back from ${from} to ${version}: ${paths.join(' and ')} are as at ${commit}. \`git diff\` shows it; commit it, then apply.`,
  );
}
