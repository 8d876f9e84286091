import { type Redriven, redrive } from '@mip/api/redrive';
import { sweeperPorts } from '@mip/api/sweeper-ports';
import { linesOf } from '@mip/reconcile/status';
import { lineName, type NameScope } from '@mip/registry';
import type { Command } from 'commander';
import { Listr } from 'listr2';
import { type Context, EXIT, Failure, type GlobalOptions } from '../context.ts';
import { type Observed, observed } from '../observing.ts';
import { openPlatform, scopeOf } from '../platform.ts';
import { type InRegion, inRegion, regionsOf, show, worst } from '../regions.ts';

interface Order {
  readonly name: string;
  readonly cause: string | undefined;
  readonly tell: (line: string) => void;
}

/** `mip redrive NAME [--cause …]`: sends dead jobs again. Stopped at any moment it loses nothing; done again it goes on where it was. */
export function add(program: Command, context: Context): void {
  program
    .command('redrive')
    .description('send the jobs in the dead letters of an algorithm again, each with all its attempts')
    .argument('<name>', 'the algorithm; it may have left the catalog, as long as its queues are there')
    .option('--cause <code>', 'only what died of this, like timeout, out-of-memory, internal or worker-lost')
    .action(async (name: string, { cause }: { cause?: string }) => {
      const global = program.opts<GlobalOptions>();
      const { platform } = await openPlatform(context, global.platform);
      const done: InRegion<Redriven>[] = [];
      const tasks = regionsOf(platform, global.region).map((region, index) => ({
        title: `Redrive ${name} in ${region}`,
        task: async (_: unknown, task: { output: string }) => {
          const tell = (line: string) => {
            task.output = line;
          };
          done[index] = await inRegion(region, () =>
            redriveIn(observed(platform, region), scopeOf(platform, region), { name, cause, tell }),
          );
        },
      }));
      await new Listr(tasks, { concurrent: true, renderer: context.terminal && !global.json ? 'default' : 'silent' }).run();
      show(context, global.json, done, { json: (one) => ({ algorithm: name, ...one }), render: (one) => `${name}: ${inWords(one)}` });
      process.exitCode = worst(done, ({ unknown, held }) => (unknown + held > 0 ? EXIT.pending : EXIT.done));
    });
}

/** The dead letters of every version, each back to its own queue. @throws {Failure} where the algorithm has no queues. */
async function redriveIn({ owner, aws }: Observed, scope: NameScope, { name, cause, tell }: Order): Promise<Redriven> {
  const ports = sweeperPorts(scope);
  const lines = (await linesOf(aws, owner)).get(name) ?? [name];
  let total: Redriven | undefined;
  for (const line of lines) {
    const deadLetterUrl = await ports.letters.urlOf(ports.names.deadLetterQueue(line));
    const queueUrl = deadLetterUrl && (await requestsOf(ports, name, line));
    if (!deadLetterUrl || !queueUrl) continue;
    const before = total;
    const done = await redrive(ports, { queueUrl, deadLetterUrl, cause, progress: (so) => tell(inWords(together(before, so))) });
    total = together(before, done);
  }
  if (!total) throw new Failure(`there are no queues of ${name} in ${scope.region}: \`mip list\` names the algorithms.`);
  return total;
}

/** The queue of the line; where it is gone already, that of another version of its major, which a job may run with. */
async function requestsOf(ports: ReturnType<typeof sweeperPorts>, name: string, line: string): Promise<string | undefined> {
  const major = /[-_]v(\d+)(-\d+-\d+)?$/.exec(line.slice(name.length))?.[1] ?? '1';
  const url = (one: string) => ports.letters.urlOf(ports.names.requestQueue(one));
  return (await url(line)) ?? url(lineName(name, `${major}.0.0`));
}

function together(a: Redriven | undefined, b: Redriven): Redriven {
  if (!a) return b;
  const sum = (one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>) => {
    const causes = [...new Set([...Object.keys(one), ...Object.keys(other)])];
    return Object.fromEntries(causes.map((cause) => [cause, (one[cause] ?? 0) + (other[cause] ?? 0)]));
  };
  return {
    redriven: sum(a.redriven, b.redriven),
    others: sum(a.others, b.others),
    ended: a.ended + b.ended,
    unknown: a.unknown + b.unknown,
    held: a.held + b.held,
  };
}

function inWords({ redriven, others, ended, unknown, held }: Redriven): string {
  const parts = [
    total(redriven) > 0 ? `${jobs(total(redriven))} sent again (${byCause(redriven)})` : 'nothing sent again',
    ...(total(others) > 0 ? [`${total(others)} left for another cause (${byCause(others)})`] : []),
    ...(ended > 0 ? [`${ended} removed, their jobs ended meanwhile`] : []),
    ...(unknown > 0 ? [`${unknown} left that are no jobs of this platform`] : []),
    ...(held > 0 ? [`${held} held by another reader just now: run it again in two minutes`] : []),
  ];
  return parts.join('; ');
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function jobs(count: number): string {
  return count === 1 ? '1 job' : `${count} jobs`;
}

function byCause(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([cause, count]) => `${cause} ${count}`)
    .join(', ');
}
