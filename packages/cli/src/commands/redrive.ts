import { type Redriven, redrive } from '@mip/api/redrive';
import { sweeperPorts } from '@mip/api/sweeper-ports';
import { type NameScope, physicalNames } from '@mip/registry';
import type { Command } from 'commander';
import { Listr } from 'listr2';
import { type Context, EXIT, Failure, type GlobalOptions } from '../context.ts';
import { openPlatform } from '../platform.ts';
import { type InRegion, regionsOf, show, worst } from '../regions.ts';
import { sentenceOf } from '../sentence.ts';

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
          const scope = { prefix: platform.prefix, account: platform.account, region, platform: platform.name };
          const tell = (line: string) => {
            task.output = line;
          };
          done[index] = await inRegion(scope, { name, cause, tell });
        },
      }));
      await new Listr(tasks, { concurrent: true, renderer: context.terminal && !global.json ? 'default' : 'silent' }).run();
      show(context, global.json, done, { json: (one) => ({ algorithm: name, ...one }), render: (one) => `${name}: ${inWords(one)}` });
      process.exitCode = worst(done, ({ unknown, held }) => (unknown + held > 0 ? EXIT.pending : EXIT.done));
    });
}

async function inRegion(scope: NameScope, { name, cause, tell }: Order): Promise<InRegion<Redriven>> {
  const { region } = scope;
  try {
    const ports = sweeperPorts(scope);
    const names = physicalNames(scope);
    const queueUrl = await ports.letters.urlOf(names.requestQueue(name));
    const deadLetterUrl = await ports.letters.urlOf(names.deadLetterQueue(name));
    if (!queueUrl || !deadLetterUrl) throw new Failure(`there are no queues of ${name} in ${region}: \`mip list\` names the algorithms.`);
    return { region, value: await redrive(ports, { queueUrl, deadLetterUrl, cause, progress: (so) => tell(inWords(so)) }) };
  } catch (error) {
    return { region, error: sentenceOf(error) };
  }
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
