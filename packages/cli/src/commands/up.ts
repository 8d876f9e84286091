import { type Engine, type EngineName, engineVariables, findEngine, LocalCloud, type Note } from '@mip/local';
import { type Connection, renderReport } from '@mip/reconcile';
import { type Command, Option } from 'commander';
import { Listr } from 'listr2';
import { type Context, EXIT, Failure, type GlobalOptions, parsePort } from '../context.ts';
import { LiveCatalog } from '../live-catalog.ts';
import { imagesTable } from '../tables.ts';
import { applyCatalog, loadValid, openWorkspace } from '../workspace.ts';

interface UpCommand {
  readonly exit: boolean;
  readonly containers: boolean;
  readonly engine?: EngineName;
  readonly baseImage?: string;
}

/** `mip up`: the local cloud, until Ctrl-C; with `--exit` until the first images are through. */
export function add(program: Command, context: Context): void {
  program
    .command('up')
    .description('start the local cloud: emulator, platform, catalog, workers, first images')
    .option('--exit', 'leave after the first images; status 0 only if the results are right', false)
    .option('--containers', 'build the real images and run them by a container engine, instead of processes', false)
    .addOption(new Option('--engine <name>', 'with --containers: which engine').choices(['podman', 'docker']))
    .option('--base-image <image>', "with --containers: instead of the Dockerfiles' own base")
    .action(async (options: UpCommand) => up(context, program.opts<GlobalOptions>(), options));
}

async function up(given: Context, global: GlobalOptions, options: UpCommand): Promise<void> {
  const engine = await engineOf(given, options);
  // In place of what a local cloud before wrote down: what is built here goes by the options alone.
  const context = { ...given, environment: { ...given.environment, ...engineVariables(engine) } };
  const { root, home } = context;
  const port = parsePort(context.environment.MIP_PORT);
  const catalog = await loadValid(context, global.platform);
  const { algorithms, platform } = catalog;
  let live: LiveCatalog | undefined;
  const reconcile = async (connection: Connection, note: Note) => {
    live = new LiveCatalog({ context, platform, connection });
    const report = await applyCatalog(context, await openWorkspace(context, catalog, connection.region, { connect: () => connection }));
    for (const { action, kind, name, result } of report.outcomes) note(`${action} ${kind} ${name}: ${result}`);
    if (!report.ok) throw new Failure(renderReport(report, { colour: false }));
    return report.outcomes.length ? `${report.outcomes.length} changes made` : 'nothing to change';
  };
  const cloud = new LocalCloud({ root, home, port, platform, algorithms, engine, reconcile });
  const ended = interrupted();
  try {
    const start = performance.now();
    await Promise.race([runStages(cloud, context), cloud.broken, ended.then(() => Promise.reject(new Failure('stopped')))]);
    context.print(`\n${imagesTable(cloud.images, root)}`);
    for (const [name, address] of Object.entries(cloud.addresses)) context.print(`${name.padEnd(12)} ${address}`);
    context.print(`ready after ${((performance.now() - start) / 1000).toFixed(1)} s`);
    if (options.exit) return;
    await live?.start();
    context.print('catalog/ is watched: what you save is live a moment later. Ctrl-C stops it.');
    await Promise.race([ended, cloud.broken]);
  } finally {
    await live?.stop();
    await cloud.stop();
  }
  process.exitCode = EXIT.done;
}

/** @throws {Failure} when there is none, or an option has no use. */
async function engineOf({ environment }: Context, { containers, engine, baseImage }: UpCommand): Promise<Engine | undefined> {
  if (!containers && (engine ?? baseImage) !== undefined) throw new Failure('--engine and --base-image go with --containers: add it.');
  if (!containers) return undefined;
  return findEngine({ engine, baseImage }, environment).catch((error: Error) => {
    throw new Failure(error.message);
  });
}

/** Resolves at the first SIGINT or SIGTERM. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

async function runStages(cloud: LocalCloud, context: Context): Promise<void> {
  const tasks = cloud.stages().map((stage) => ({
    title: stage.title,
    task: async (_: unknown, task: { title: string; output: string }) => {
      const start = performance.now();
      const done = await stage.run((line) => {
        if (context.terminal) task.output = line;
        else context.print(`  ${line}`);
      });
      task.title = `${stage.title}: ${done} (${((performance.now() - start) / 1000).toFixed(1)} s)`;
      if (!context.terminal) context.print(task.title);
    },
  }));
  const renderer = context.terminal ? 'default' : 'silent';
  await new Listr(tasks, { renderer }).run();
}
