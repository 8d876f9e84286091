/** The entry point of `mip`: reads the environment, knows the commands, turns failures into a sentence and an exit code. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { printable } from '@mip/catalog/printable';
import { Command, Option } from 'commander';
import dotenv from 'dotenv';
import { type Context, EXIT, Failure } from './context.ts';
import { sentenceOf } from './sentence.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const debug = process.env.MIP_DEBUG === 'true';

/** Variables of a platform's `environment_file` count only where the caller has not set them. */
function loadEnvironment(file: string): void {
  const path = resolve(root, process.env.MIP_HOME ? join(process.env.MIP_HOME, 'env') : file);
  if (existsSync(path)) dotenv.populate(process.env as Record<string, string>, dotenv.parse(readFileSync(path)));
}

const context: Context = {
  root,
  home: resolve(process.env.MIP_HOME ?? join(root, '.mip')),
  environment: process.env,
  loadEnvironment,
  print: (text) => process.stdout.write(`${text}\n`),
  warn: (text) => process.stderr.write(`${text.split('\n').map(printable).join('\n')}\n`), // what AWS and files say is in it
  terminal: process.stdout.isTTY === true,
};

const program = new Command('mip')
  .description('A GitOps catalog of medical-imaging algorithms. Research software: not for diagnosis, treatment or triage.')
  .version('0.1.0')
  .showHelpAfterError()
  .configureHelp({ showGlobalOptions: true })
  .addOption(new Option('--platform <name>', 'the platform file in catalog/platforms').default('local'))
  .option('--region <name>', 'one region of the platform instead of all')
  .option('--json', 'print one JSON document for machines', false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.done : EXIT.failed));

/** A command is loaded when it is asked for: each brings the libraries of its own work. */
const COMMANDS: Readonly<Record<string, () => Promise<{ add(program: Command, context: Context): void }>>> = {
  up: () => import('./commands/up.ts'),
  validate: () => import('./commands/validate.ts'),
  new: () => import('./commands/new.ts'),
  plan: () => import('./commands/plan.ts'),
  apply: () => import('./commands/apply.ts'),
  drift: () => import('./commands/drift.ts'),
  deploy: () => import('./commands/deploy.ts'),
  scale: () => import('./commands/scale.ts'),
  rollback: () => import('./commands/rollback.ts'),
  redrive: () => import('./commands/redrive.ts'),
  recall: () => import('./commands/recall.ts'),
  clients: () => import('./commands/clients.ts'),
  purge: () => import('./commands/purge.ts'),
  list: () => import('./commands/list.ts'),
  status: () => import('./commands/status.ts'),
  health: () => import('./commands/health.ts'),
  logs: () => import('./commands/logs.ts'),
  import: () => import('./commands/import.ts'),
  process: () => import('./commands/process.ts'),
  'admin-key': () => import('./commands/admin-key.ts'),
  test: () => import('./commands/test.ts'),
};
const asked = COMMANDS[process.argv[2] ?? ''];
for (const load of asked ? [asked] : Object.values(COMMANDS)) (await load()).add(program, context);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Failure) && debug) throw error;
  context.warn(`mip: ${sentenceOf(error)}`);
  process.exitCode = error instanceof Failure ? error.exitCode : EXIT.failed;
}
