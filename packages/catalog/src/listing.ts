/** Which files of the catalog are entries or contracts, and why what only looks like one is not. */
import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { RELEASES } from './contract.ts';
import type { Document } from './document.ts';
import { codeOf, refused } from './read.ts';

/** The path of each file that is an entry, and the refusal of what only looks as if it should be one; sorted by name. */
export function entriesIn(root: string, folder: string): (string | Document)[] {
  const entries = read(root, folder);
  if (!Array.isArray(entries)) return [refused(folder, `cannot be read (${codeOf(entries)}); the catalog lies in ${folder}/`)];
  return sorted(entries).flatMap((entry) => {
    const file = `${folder}/${entry.name}`;
    const refusal = refusalOf(root, file, entry);
    if (refusal !== undefined) return refused(file, refusal);
    return entry.name.endsWith('.yaml') ? file : [];
  });
}

/** The contracts of released versions, sorted, and what lies there and is none. */
export interface Released {
  readonly contracts: readonly { readonly name: string; readonly version: string }[];
  readonly refused: readonly Document[];
}

const NAME = /^[a-z][a-z0-9-]*$/;
const CONTRACT = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.yaml$/;

/** None at all is no fault: nothing was released yet. */
export function contractsIn(root: string): Released {
  const entries = read(root, RELEASES);
  if (!Array.isArray(entries)) {
    const code = codeOf(entries);
    return { contracts: [], refused: code === 'ENOENT' ? [] : [refused(RELEASES, `cannot be read (${code}); check who may read it`)] };
  }
  const found = sorted(entries).map((entry): Released => {
    if (entry.isDirectory() && NAME.test(entry.name)) return versionsIn(root, entry.name);
    return {
      contracts: [],
      refused: looksMeant(entry) ? [refused(`${RELEASES}/${entry.name}`, `is no folder of contracts; ${SHAPE}`)] : [],
    };
  });
  return { contracts: found.flatMap(({ contracts }) => contracts), refused: found.flatMap((one) => one.refused) };
}

/** The contracts of one algorithm; none where it was never released. */
export function contractsOf(root: string, name: string): Released['contracts'] {
  return versionsIn(root, name).contracts;
}

const SHAPE = `contracts are ${RELEASES}/<name>/<version>.yaml`;

function versionsIn(root: string, name: string): Released {
  const folder = `${RELEASES}/${name}`;
  const entries = read(root, folder);
  if (!Array.isArray(entries))
    return { contracts: [], refused: [refused(folder, `cannot be read (${codeOf(entries)}); check who may read it`)] };
  const isContract = (entry: Dirent) => entry.isFile() && CONTRACT.test(entry.name);
  return {
    contracts: sorted(entries)
      .filter(isContract)
      .map((entry) => ({ name, version: entry.name.replace(/\.yaml$/, '') })),
    refused: sorted(entries)
      .filter((entry) => !isContract(entry) && looksMeant(entry))
      .map((entry) => refused(`${folder}/${entry.name}`, `is no contract; ${SHAPE}, regular files`)),
  };
}

/** A folder, a link, or a file of data: put there for a reason. */
function looksMeant(entry: Dirent): boolean {
  return !entry.name.startsWith('.') && (!entry.isFile() || /\.(ya?ml|json)$/i.test(entry.name));
}

/** What a folder holds, or why it cannot be read. */
function read(root: string, folder: string): Dirent[] | unknown {
  try {
    return readdirSync(join(root, folder), { withFileTypes: true });
  } catch (error) {
    return error;
  }
}

/** By name, without what is hidden. */
function sorted(entries: readonly Dirent[]): Dirent[] {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return [...byName.keys()].sort().flatMap((name) => (name.startsWith('.') ? [] : (byName.get(name) as Dirent)));
}

/** Why it is no entry, though it looks as if it should be one. */
function refusalOf(root: string, file: string, entry: Dirent): string | undefined {
  if (!entry.name.endsWith('.yaml')) return misnamed(entry);
  if (entry.isFile()) return undefined;
  try {
    if (entry.isSymbolicLink() && !liesIn(join(root, file), join(root, 'catalog')))
      return 'is a link out of the catalog; put the file itself here';
    const stat = statSync(join(root, file));
    if (stat.isDirectory()) return 'is a folder; an entry is one file';
    return stat.isFile() ? undefined : 'is no regular file; an entry is one text file';
  } catch (error) {
    return `cannot be read (${codeOf(error)}); check that it exists and who may read it`;
  }
}

function misnamed(entry: Dirent): string | undefined {
  if (entry.isDirectory()) return 'is a folder; entries lie directly in the catalog, without sub-folders';
  return /\.(ya?ml|json)$/i.test(entry.name) ? 'is not read; rename it to end in .yaml' : undefined;
}

/** By the operating system's own resolution: one call, where Node's takes one for each part of the path. */
export function liesIn(path: string, folder: string): boolean {
  return realpathSync.native(path).startsWith(realpathSync.native(folder) + sep);
}
