import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { printableJson } from '@mip/catalog/printable';
import { parseDuration } from '@mip/reconcile/override';
import type { Command } from 'commander';
import { type Context, EXIT, Failure, type GlobalOptions } from '../context.ts';
import { followEvents, type LogEvent, type LogQuery, readEvents } from '../log-events.ts';
import { lineOf } from '../log-line.ts';
import { type Observed, observeRegions } from '../observing.ts';
import { worst } from '../regions.ts';

interface LogsOptions {
  readonly since: string;
  readonly follow: boolean;
}

/** `mip logs [NAME] --since 2h --follow`: the workers of one algorithm, or everything that the platform logs. One JSON object a line for machines. */
export function add(program: Command, context: Context): void {
  program
    .command('logs')
    .description('what the workers of an algorithm log, or the whole platform; with --json, one JSON object a line')
    .argument('[name]', 'one algorithm')
    .option('--since <duration>', 'how far back, like 90m or 2h; at most 7d', '2h')
    .option('--follow', 'go on until Ctrl-C', false)
    .action(async (name: string | undefined, options: LogsOptions) => {
      const global = program.opts<GlobalOptions>();
      const since = Date.now() - durationOf(options.since);
      const ended = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort());
      const print = (region: string, event: LogEvent) => context.print(global.json ? printableJson({ region, ...event }) : lineOf(event));
      const read = await observeRegions(context, global, async ({ owner, connection }) => {
        const client = new CloudWatchLogsClient(connection);
        const query = queryOf(owner, name, since);
        const events = options.follow ? followEvents(client, query, ended.signal) : readEvents(client, query);
        for await (const event of events) print(owner.region, event);
      });
      for (const { region, error } of read) if (error !== undefined) context.warn(`mip: ${region}: ${error}`);
      process.exitCode = worst(read, () => EXIT.done);
    });
}

/** An algorithm's streams begin with its name; the API knows it only by the job. */
function queryOf({ names }: Observed['owner'], name: string | undefined, since: number): LogQuery {
  if (name !== undefined) return { groups: [names.logGroup.algorithms], prefix: `${name}/`, since };
  return { groups: Object.values(names.logGroup), since };
}

function durationOf(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new Failure((error as Error).message);
  }
}
