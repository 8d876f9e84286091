import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { printable, printableJson } from '@mip/catalog/printable';
import { type ImageStore, type InstanceUids, NotStored, UnreadableDicom } from '@mip/image-store';
import type { Command } from 'commander';
import { type Context, EXIT, Failure, type GlobalOptions } from '../context.ts';
import { openImageStore } from '../platform.ts';

/** What became of one file: stored under its UIDs, or refused with a reason. */
export type Imported = { readonly file: string } & ({ readonly uids: InstanceUids } | { readonly refused: string });

/** `mip import FILE|DIR`: puts DICOM files into the platform's image store. */
export function add(program: Command, context: Context): void {
  program
    .command('import')
    .description("put DICOM files into the platform's image store")
    .argument('<path...>', 'files, or folders that are searched whole')
    .action(async (paths: string[]) => {
      const global = program.opts<GlobalOptions>();
      const store = await openImageStore(context, global.platform);
      const outcome = await importFiles(store, await filesOf(paths));
      report(context, global, outcome);
      if (outcome.some((one) => 'refused' in one)) process.exitCode = EXIT.failed;
    });
}

/** Stores each file; one that is not DICOM is refused and the rest go on. */
export async function importFiles(store: ImageStore, files: readonly string[]): Promise<readonly Imported[]> {
  const outcome: Imported[] = [];
  for (const file of files) {
    try {
      outcome.push({ file, uids: await store.put(await readFile(file)) });
    } catch (error) {
      if (error instanceof UnreadableDicom) outcome.push({ file, refused: `it ${error.message}` });
      // A failure with a reason is this file's; without one it is the store's, and the next file would fare no better.
      else if (error instanceof NotStored && error.reason !== undefined) outcome.push({ file, refused: error.message });
      else throw error;
    }
  }
  return outcome;
}

/** All files under the given paths, folders whole, in a stable order. @throws {Failure} when a path is not there. */
async function filesOf(paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const entry = await stat(path).catch(() => undefined);
    if (!entry) throw new Failure(`there is no file or folder ${path}`);
    if (!entry.isDirectory()) found.push(path);
    else {
      const inside = await readdir(path, { recursive: true, withFileTypes: true });
      found.push(
        ...inside
          .filter((one) => one.isFile())
          .map((one) => join(one.parentPath, one.name))
          .sort(),
      );
    }
  }
  return found;
}

function report(context: Context, global: GlobalOptions, outcome: readonly Imported[]): void {
  if (global.json) {
    context.print(printableJson(outcome));
    return;
  }
  for (const one of outcome) context.print(printable(`${one.file}  ${'uids' in one ? one.uids.instance : `refused: ${one.refused}`}`));
  const refused = outcome.filter((one) => 'refused' in one).length;
  context.print(`${outcome.length - refused} imported, ${refused} refused`);
}
