import { printable } from '@mip/catalog/printable';
import { purge, type Region, type Retired, retiredRepositories } from '@mip/reconcile';
import type { Command } from 'commander';
import { type Context, EXIT, Failure, type GlobalOptions } from '../context.ts';
import { inEveryRegion, show, worst } from '../regions.ts';
import { table } from '../tables.ts';

interface PurgeOptions {
  readonly yes: boolean;
}

/** What is retired, and what of it was deleted. */
interface Purged {
  readonly retired: readonly Retired[];
  readonly deleted: readonly string[];
}

/** `mip purge`: lists images that only keep what made earlier results; with names and `--yes` it deletes them for good. */
export function add(program: Command, context: Context): void {
  program
    .command('purge')
    .description('list the images of algorithms that left the catalog; with names and --yes delete them for good')
    .argument('[name...]', 'algorithms whose images are to be deleted')
    .option('--yes', 'delete them: results that they made can then not be made again', false)
    .action(async (names: readonly string[], { yes }: PurgeOptions) => {
      const global = program.opts<GlobalOptions>();
      if (yes && names.length === 0)
        throw new Failure('name the algorithms whose images are to be deleted; without --yes you see which there are.');
      const purged = await inEveryRegion(context, global, {}, (workspace) => purgeOne(workspace, yes ? names : []));
      show(context, global.json, purged, { json: (one) => one, render });
      process.exitCode = worst(purged, () => EXIT.done);
    });
}

async function purgeOne({ aws, input }: Region, names: readonly string[]): Promise<Purged> {
  const retired = await retiredRepositories(aws, input.platform);
  const unknown = names.filter((name) => !retired.some(({ algorithm }) => algorithm === name));
  if (unknown.length > 0) throw new Failure(`there are no retired images of ${unknown.join(', ')}: \`mip purge\` lists which there are.`);
  const chosen = retired.filter(({ algorithm }) => names.includes(algorithm));
  for (const { repository } of chosen) await purge(aws, input.platform, repository, input.algorithms);
  return { retired, deleted: chosen.map(({ repository }) => repository) };
}

function render({ retired, deleted }: Purged): string {
  if (deleted.length > 0) return deleted.map((repository) => printable(`deleted ${repository} and its images`)).join('\n');
  if (retired.length === 0) return 'Nothing is retired.';
  const rows = retired.map(({ algorithm, repository, since }) => [algorithm, repository, since]);
  return `${table(['algorithm', 'repository', 'retired since'], rows)}\nmip purge NAME --yes deletes the images of one for good.`;
}
