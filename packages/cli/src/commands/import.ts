import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { printable, printableJson } from '@mip/catalog/printable';
import type { Command } from 'commander';
import { type Context, EXIT, Failure, type GlobalOptions } from '../context.ts';
import { Journal } from '../import/journal.ts';
import { type Imported, ImportStopped, importFiles } from '../import/send.ts';
import { openImageStore } from '../platform.ts';
import { progressLine } from '../progress-line.ts';

interface ImportCommand {
  readonly again: boolean;
}

/** `mip import FILE|DIR`: puts DICOM files into the platform's image store. */
export function add(program: Command, context: Context): void {
  program
    .command('import')
    .description("put DICOM files into the platform's image store; one that was cut off goes on where it stopped")
    .argument('<path...>', 'files, or folders that are searched whole')
    .option('--again', 'send also what an earlier import has stored', false)
    .action(async (paths: string[], options: ImportCommand) => {
      const global = program.opts<GlobalOptions>();
      const store = await openImageStore(context, global.platform);
      const files = await filesOf(paths);
      const journal = await Journal.open(context.home, store.url);
      const known = options.again ? { has: () => false, add: journal.add.bind(journal) } : journal;
      const outcome = await importFiles(files, { store, journal: known, progress: progressOf(context, global, files.length) }).catch(
        stopped,
      );
      report(context, global, outcome);
      if (outcome.some((one) => 'refused' in one)) process.exitCode = EXIT.failed;
    });
}

/** All files under the given paths, folders whole, in a stable order. @throws {Failure} when a path is not there. */
async function filesOf(paths: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const path of paths) {
    const entry = await stat(path).catch(() => undefined);
    if (!entry) throw new Failure(`there is no file or folder ${path}`);
    if (!entry.isDirectory()) found.add(path);
    else {
      const inside = await readdir(path, { recursive: true, withFileTypes: true });
      for (const file of inside
        .filter((one) => one.isFile())
        .map((one) => join(one.parentPath, one.name))
        .sort())
        found.add(file);
    }
  }
  return [...found];
}

function progressOf(context: Context, { json }: GlobalOptions, total: number): (done: readonly Imported[]) => void {
  const line = progressLine(context);
  return (done) => {
    if (json) return;
    line.show(`${done.length} of ${total}: ${counts(done)}`, done.length, total);
    if (done.length === total) line.end();
  };
}

function counts(done: readonly Imported[]): string {
  const refused = done.filter((one) => 'refused' in one).length;
  const already = done.filter((one) => 'already' in one).length;
  return `${done.length - refused - already} imported, ${already ? `${already} were there from an earlier import, ` : ''}${refused} refused`;
}

/** @throws {Failure} that says how far it came. */
function stopped(error: unknown): never {
  if (!(error instanceof ImportStopped)) throw error;
  throw new Failure(`${error.message}; ${counts(error.done)} before that. Run the same command again: it goes on where it stopped.`);
}

function report(context: Context, global: GlobalOptions, outcome: readonly Imported[]): void {
  if (global.json) {
    context.print(printableJson(outcome));
    return;
  }
  for (const one of outcome) context.print(printable(`${one.file}  ${'uids' in one ? one.uids.instance : `refused: ${one.refused}`}`));
  context.print(counts(outcome));
}
