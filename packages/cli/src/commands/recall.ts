import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { tellRecall } from '@mip/api/recall-notice';
import { sweeperPorts } from '@mip/api/sweeper-ports';
import { gatherRecall, JobTable, type NameScope, physicalNames, RECALLED_FIELDS, type Recall, Registry } from '@mip/registry';
import type { Command } from 'commander';
import { type Context, EXIT, Failure, type GlobalOptions } from '../context.ts';
import { type OpenPlatform, openPlatform, scopeOf } from '../platform.ts';
import { jsonLines, type Question, questionOf, type RecallOptions, type RegionRecall, reasonOf, tableLines } from '../recall-words.ts';
import { inRegion, regionsOf } from '../regions.ts';

/** `mip recall NAME@VERSION`: every result and study that a version made, per client. All of it, or nothing and exit code 1. */
export function add(program: Command, context: Context): void {
  program
    .command('recall')
    .description('list every result and study that a version of an algorithm made, per client; with --json, one JSON object a line')
    .argument('<name@version>', 'like liver-segmentation@1.2.0')
    .option('--digest <sha256:…>', 'only what this image of the version made')
    .option('--since <time>', 'only jobs that were accepted from then on, like 2026-01-31 or 2026-01-31T10:00:00Z')
    .option('--until <time>', 'only jobs that were accepted before then')
    .option('--notify', 'tell the clients of every job that is listed with a result: by callback and WebSocket', false)
    .option('--reason <words>', 'with --notify: why, as clients will read it')
    .action(async (which: string, options: RecallOptions) => {
      const global = program.opts<GlobalOptions>();
      const reason = reasonOf(options);
      const question = questionOf(which, options, new Date());
      const { platform } = await openPlatform(context, global.platform);
      const regions = regionsOf(platform, global.region);
      const read = await Promise.all(regions.map((region) => inRegion(region, () => recallIn(scopeOf(platform, region), question))));
      const failed = read.flatMap(({ region, error }) => (error === undefined ? [] : [`${region}: ${error}`]));
      if (failed.length > 0) throw new Failure(`the jobs cannot all be read, so nothing is listed. ${failed.join('; ')}`);
      const found = read.flatMap((one): readonly RegionRecall[] => (one.error === undefined ? [one.value] : []));
      await checkKnown(context, question, found);
      for (const line of (global.json ? jsonLines : tableLines)(question, found)) context.print(line);
      if (reason !== undefined) await tellClients(context, { platform, found, reason });
      process.exitCode = EXIT.done;
    });
}

async function recallIn(scope: NameScope, question: Question): Promise<RegionRecall> {
  const { algorithm, since, until } = question;
  const names = physicalNames(scope);
  const client = new DynamoDBClient({ region: scope.region });
  try {
    const jobs = new JobTable(client, names.table('jobs')).ofAlgorithm(algorithm, { since, until, fields: RECALLED_FIELDS });
    const recall = await gatherRecall(jobs, question);
    const row = await new Registry(DynamoDBDocumentClient.from(client), names.table('algorithms')).get(algorithm);
    return {
      ...recall,
      region: scope.region,
      bucket: names.bucket('results'),
      versions: [...recall.versions, ...(row ? [row.version, ...(row.releases ?? []).map((one) => one.version)] : [])],
    };
  } finally {
    client.destroy();
  }
}

/** After the list, which names whom it concerns. Broken off, it is done again: nobody is told of a job twice under two ids. */
async function tellClients(
  context: Context,
  { platform, found, reason }: { platform: OpenPlatform['platform']; found: readonly RegionRecall[]; reason: string },
): Promise<void> {
  for (const { region, clients } of found) {
    const made = clients.flatMap((client) => client.made.map(({ job }) => job));
    const { jobs, events, now } = sweeperPorts(scopeOf(platform, region));
    const told = await tellRecall({ jobs, events, now }, made, reason);
    context.warn(`mip: ${region}: clients are told of ${told} of ${made.length} recalled results`);
  }
}

/** A recall that lists nothing because of a slip of the pen would be believed. @throws {Failure} that names the versions there are. */
async function checkKnown(context: Context, { algorithm, version }: Question, found: readonly Pick<Recall, 'versions'>[]): Promise<void> {
  const released = await readdir(join(context.root, 'catalog', 'releases', algorithm)).catch(() => []);
  const known = new Set([
    ...found.flatMap(({ versions }) => versions),
    ...released.flatMap((file) => (file.endsWith('.yaml') ? [file.slice(0, -'.yaml'.length)] : [])),
  ]);
  if (known.has(version)) return;
  if (known.size === 0)
    throw new Failure(`nothing is known of an algorithm ${algorithm}: neither a job, nor a release, nor a row in the registry.`);
  const sorted = [...known].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  throw new Failure(`${algorithm} has no version ${version}: known are ${sorted.join(', ')}.`);
}
