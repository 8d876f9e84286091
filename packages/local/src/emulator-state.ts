/** What the emulator leaves on disk: how its last run ended, and what of its files can still be used. */

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** How the emulator ended the run before this one. After `unclean`, what was written since the last clean stop is lost (S3 excepted). */
export type LastStop = 'first-run' | 'clean' | 'unclean';

/** `<home>/emulator.json`. `stopped` is null while it runs. */
export interface StateFile {
  readonly port: number;
  readonly pid: number;
  readonly supervisor: number;
  readonly stopped: 'clean' | 'unclean' | null;
}

/**
 * Brings the files of an emulator that was killed back to its last clean stop. Objects in S3 are written at once and survive, but a
 * bucket that its other files do not know would make the next deployment fail, and without any saved state nothing is of use.
 *
 * @returns what was lost, as a sentence for the user.
 */
export async function discardUnsaved(folder: string): Promise<string> {
  const saved = join(folder, 'state', 's3.json');
  const since = await stat(saved).catch(() => undefined);
  if (since === undefined) {
    await rm(folder, { recursive: true, force: true });
    return 'The emulator was killed before it ever saved: everything in it is lost (images, jobs, results, keys). It is built anew from Git.';
  }
  const known = await readFile(saved, 'utf8');
  for (const bucket of await bucketFolders(join(folder, 's3')))
    if (!known.includes(`'${basename(bucket)}'`)) await rm(bucket, { recursive: true });
  return `The emulator was killed: jobs, queues, keys and container images since its last clean stop (${since.mtime.toISOString()}) are lost; images and results in S3 are kept. The platform and the registry are rebuilt from Git.`;
}

/** MiniStack keeps `<account>/<bucket>/` and, for versions, `.versions/<account>/<bucket>/`. */
async function bucketFolders(s3: string): Promise<string[]> {
  const below = async (folder: string) => (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
  const accounts = [...(await below(s3)), ...(await below(join(s3, '.versions')))].filter((folder) => /^\d{12}$/.test(basename(folder)));
  return (await Promise.all(accounts.map(below))).flat();
}

export function lastStop(before: StateFile | undefined): LastStop {
  if (before === undefined) return 'first-run';
  return before.stopped === 'clean' ? 'clean' : 'unclean';
}

export function readState(path: string): StateFile | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // half a file cannot be written (see writeState): somebody else's
  }
}

/** Written aside and renamed, so that a kill leaves the old file or the new one. */
export function writeState(path: string, state: StateFile): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(state)}\n`);
  renameSync(draft, path);
}
