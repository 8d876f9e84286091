/** An entry as somebody proposes it, judged as `mip validate` would judge the catalog with it: the schema and all rules, at once. */

import { checkAlgorithm, checkPlatform } from './check.ts';
import { contractFile, contractText, RELEASES } from './contract.ts';
import { type Document, parseDocument } from './document.ts';
import type { Algorithm, Platform } from './entry.ts';
import type { Problem } from './problem.ts';
import type { Releases } from './rules/rule.ts';
import type { FileChange, Listed, Snapshot } from './store.ts';
import { validateCatalog } from './validate.ts';

const ALGORITHMS = 'catalog/algorithms';
const PLATFORMS = 'catalog/platforms';

export function entryFile(name: string): string {
  return `${ALGORITHMS}/${name}.yaml`;
}

export interface Judged {
  /** With the schema's defaults; whole only without faults. */
  readonly algorithm: Algorithm;
  /** Of the entry, by pointer. */
  readonly faults: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** The contract that has to be frozen with it, where the version has none. */
  readonly contract: FileChange | undefined;
}

export interface Candidate {
  readonly name: string;
  /** As its file would have it. */
  readonly text: string;
  /** As its file has it; undefined of a new one. */
  readonly before?: string | undefined;
}

/** The platforms that a change is held against, as their files are. */
export async function platformDocuments(snapshot: Snapshot): Promise<readonly Document[]> {
  const files = (await snapshot.list(PLATFORMS)).filter(({ name, kind }) => kind === 'file' && name.endsWith('.yaml'));
  const read = files.map(async ({ name }) => ({ name, found: await snapshot.read(`${PLATFORMS}/${name}`) }));
  return (await Promise.all(read)).flatMap(({ name, found }) => (found ? [parseDocument(found.text, `${PLATFORMS}/${name}`)] : []));
}

/** Those without a fault. */
export async function soundPlatforms(snapshot: Snapshot): Promise<readonly Platform[]> {
  const checked = (await platformDocuments(snapshot)).map(checkPlatform);
  return checked.filter(({ faultyFields }) => faultyFields.size === 0).map(({ item }) => item);
}

/** The versions that were released, in no order. */
export async function releasedVersions(snapshot: Snapshot, name: string): Promise<readonly string[]> {
  const files = await snapshot.list(`${RELEASES}/${name}`);
  return files.flatMap((file) => /^(\d+\.\d+\.\d+)\.yaml$/.exec(file.name)?.[1] ?? []);
}

export async function judgeEntry(snapshot: Snapshot, candidate: Candidate): Promise<Judged> {
  const { name, text } = candidate;
  const file = entryFile(name);
  const platforms = await platformDocuments(snapshot);
  const releases = await releasesOf(snapshot, candidate);
  const files = new KnownFiles(snapshot);
  for (;;) {
    const { problems } = validateCatalog({ algorithms: [parseDocument(text, file)], platforms }, files.has, {
      sizeOf: files.sizeOf,
      releases,
    });
    if (await files.learn()) continue;
    const own = problems.filter((problem) => problem.file === file);
    const faults = own.filter(({ severity }) => severity === 'error');
    const { item: algorithm } = checkAlgorithm(parseDocument(text, file));
    const missing = faults.length === 0 && !releases.contracts.has(name, algorithm.version);
    const path = contractFile(name, algorithm.version);
    const contract = missing ? { path, text: contractText(algorithm), was: undefined } : undefined;
    return { algorithm, faults, warnings: own.filter(({ severity }) => severity === 'warning'), contract };
  }
}

/** A version without a contract gets one with this change, so that none is missing. */
async function releasesOf(snapshot: Snapshot, { name, text, before }: Candidate): Promise<Releases> {
  const versions = new Set(await releasedVersions(snapshot, name));
  const version = (parseDocument(text, '').value as { version?: unknown } | null | undefined)?.version;
  const path = typeof version === 'string' && versions.has(version) ? contractFile(name, version) : undefined;
  const frozen = path === undefined ? undefined : await snapshot.read(path);
  const { item, faultyFields } = checkAlgorithm(parseDocument(before ?? '', entryFile(name)));
  const base = before === undefined || faultyFields.size > 0 ? undefined : item;
  const has = (of: string, one: string) => of === name && versions.has(one);
  return {
    contracts: {
      has,
      look: (of, one, expected) => {
        if (!has(of, one) || !path || frozen?.text === expected) return 'as expected';
        return parseDocument(frozen?.text ?? '', path);
      },
    },
    before: { entry: () => base, hasContract: has, changed: [] },
  };
}

/** Rules ask without waiting: what they asked for and nobody knew is looked up, and they are asked again. */
class KnownFiles {
  readonly #snapshot: Snapshot;
  readonly #folders = new Map<string, readonly Listed[]>();
  readonly #asked = new Set<string>();

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
  }

  readonly has = (path: string): boolean => this.#look(path) !== undefined;
  readonly sizeOf = (path: string): number | undefined => this.#look(path)?.size;

  #look(path: string): Listed | undefined {
    const kind = path.endsWith('/') ? 'folder' : 'file';
    const whole = kind === 'folder' ? path.slice(0, -1) : path;
    const slash = whole.lastIndexOf('/');
    const folder = whole.slice(0, Math.max(0, slash));
    const known = this.#folders.get(folder);
    if (!known) this.#asked.add(folder);
    return known?.find((one) => one.kind === kind && one.name === whole.slice(slash + 1));
  }

  /** @returns whether there was anything to learn. */
  async learn(): Promise<boolean> {
    const folders = [...this.#asked];
    this.#asked.clear();
    const lists = await Promise.all(folders.map((folder) => this.#snapshot.list(folder)));
    for (const [index, folder] of folders.entries()) this.#folders.set(folder, lists[index] ?? []);
    return folders.length > 0;
  }
}
