/** Writes the contracts that are missing. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { contractFile, contractText } from './contract.ts';
import { FrozenContracts } from './frozen-contracts.ts';
import { liesIn } from './listing.ts';
import { loadEntries } from './load.ts';

export interface FixOptions {
  /** The repository at the base of the change. A contract that it has not is not released yet, and is written anew where it differs. */
  readonly base?: { readonly root: string } | undefined;
}

/**
 * Freezes the contract of each sound entry's version.
 *
 * @returns the files that were written, relative to the repository
 * @throws {Error} of the file system, when it cannot be written
 */
export async function fixContracts(root: string, { base }: FixOptions = {}): Promise<readonly string[]> {
  const algorithms = await loadEntries(root);
  const contracts = new FrozenContracts(root);
  const released = base && new FrozenContracts(base.root);
  const wanted = algorithms.filter((of) => {
    const found = contracts.look(of.name, of.version, contractText(of));
    if (found === 'missing') return true;
    return found !== 'as expected' && released !== undefined && !released.has(of.name, of.version);
  });
  return wanted.map((of) => write(root, contractFile(of.name, of.version), contractText(of)));
}

/** @throws {Error} for a folder that is a link out of the repository. */
function write(root: string, file: string, text: string): string {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  if (!liesIn(dirname(path), root)) throw new Error(`${file} leads out of the repository through a link; put the folder itself there`);
  rmSync(path, { force: true });
  writeFileSync(path, text, { flag: 'wx' }); // follows no link
  return file;
}
