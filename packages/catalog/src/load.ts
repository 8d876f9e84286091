/** Folder → catalog. Whatever it finds there is a problem, never an exception. */
import { lstatSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { readBase } from './base-catalog.ts';
import { type CheckedDocument, checkAlgorithm, checkPlatform } from './check.ts';
import type { Document } from './document.ts';
import type { Algorithm, Platform } from './entry.ts';
import { FrozenContracts } from './frozen-contracts.ts';
import { entriesIn, liesIn } from './listing.ts';
import type { Problem } from './problem.ts';
import { readDocument } from './read.ts';
import { REVIEW_RULES, RULES } from './rules/index.ts';
import type { Named, Releases, Rule } from './rules/rule.ts';
import { type Catalog, Judge, type Surroundings } from './validate.ts';

export interface LoadOptions {
  /** The repository as it was at the base of the change, such as `openBase` gives it. Without it, what needs it is not checked. */
  readonly base?: { readonly root: string } | undefined;
  /**
   * The name of the platform that the catalog is to be run on. Then nothing is said for reviewers, and where that platform's version tags
   * may move nothing is asked of releases either: an edited entry is live a moment later, its contract is frozen with the pull request.
   */
  readonly platform?: string | undefined;
}

/**
 * Loads and validates the catalog of a repository.
 *
 * @param root the repository's folder: `catalog/algorithms`, `catalog/platforms` and `algorithms/` lie in it
 */
export async function loadCatalog(root: string, options: LoadOptions = {}): Promise<Catalog> {
  return readCatalog({ ...options, root, keep: (algorithm) => algorithm });
}

/** Finds the same problems, but keeps of each algorithm only its name and place: to keep a large catalog takes as long as to check it. */
export async function checkCatalog(root: string, options: LoadOptions = {}): Promise<Catalog<Named>> {
  // A file is read again when somebody asks for a place in it.
  const place = (file: string) => (pointer: string) => readDocument(root, file).position(pointer);
  return readCatalog({ ...options, root, keep: ({ name, file }) => ({ name, file, position: place(file) }) });
}

/** The entries that are sound, whether they have been released or not. */
export async function loadEntries(root: string): Promise<readonly Algorithm[]> {
  const { algorithms } = await readCatalog({ root, keep: (algorithm) => algorithm, asks: () => false });
  return algorithms;
}

/**
 * The catalog of a base. What was merged is read, not judged again: rules may be newer than it, and a base holds only some of the files that
 * they look for. Only what the schema refuses is left out.
 *
 * @param root the folder that `openBase` made
 */
export async function loadBase(root: string): Promise<Catalog> {
  return readCatalog({ root, keep: (algorithm) => algorithm, asks: () => false, rules: [] });
}

/** So many algorithms are checked, ruled upon and let go at once. */
const BATCH = 64;

interface Reading<Entry> extends LoadOptions {
  readonly root: string;
  /** What is kept of an algorithm. */
  readonly keep: (algorithm: Algorithm) => Entry;
  /** Whether anything is asked of releases. */
  readonly asks?: typeof asksForReleases;
  /** In place of those that are usual. */
  readonly rules?: readonly Rule[];
}

async function readCatalog<Entry extends Named>(reading: Reading<Entry>): Promise<Catalog<Entry>> {
  const { root, keep, base, platform, asks = asksForReleases } = reading;
  const { rules = platform === undefined ? [...RULES, ...REVIEW_RULES] : RULES } = reading;
  const read = (one: string | Document) => (typeof one === 'string' ? readDocument(root, one) : one);
  const platforms = entriesIn(root, 'catalog/platforms').map((one) => checkPlatform(read(one)));
  const history = asks(platforms, platform) ? await historyOf(root, base) : undefined;
  const judge = new Judge({ platforms, rules, surroundings: { ...filesOf(root), releases: history?.releases }, keep });
  const algorithms = entriesIn(root, 'catalog/algorithms');
  for (let from = 0; from < algorithms.length; from += BATCH)
    judge.add(algorithms.slice(from, from + BATCH).map((one) => checkAlgorithm(read(one))));
  return judge.end(history?.problems());
}

/** A platform that cannot be read, or is not there, is taken for one whose version tags stay. */
function asksForReleases(platforms: readonly CheckedDocument<Platform>[], name: string | undefined): boolean {
  if (name === undefined) return true;
  const found = platforms.find(({ item }) => item.name === name);
  return !found || found.faultyFields.size > 0 || found.item.images.version_tags !== 'mutable';
}

interface History {
  readonly releases: Releases;
  /** Of the contract files themselves; asked for when all entries were looked at. */
  readonly problems: () => readonly Problem[];
}

async function historyOf(root: string, base: LoadOptions['base']): Promise<History> {
  const contracts = new FrozenContracts(root);
  if (!base) return { releases: { contracts }, problems: () => contracts.problems() };
  const released = new FrozenContracts(base.root);
  const before = await readBase(root, base.root, released);
  return { releases: { contracts, before }, problems: () => contracts.problemsSince(released) };
}

/** Answers for one load: each path is looked at once. */
function filesOf(root: string): Pick<Surroundings, 'has' | 'sizeOf'> {
  const known = new Map<string, Stats | undefined>();
  const look = (path: string) => {
    if (!known.has(path)) known.set(path, statOf(root, path));
    return known.get(path);
  };
  return { has: (path) => look(path) !== undefined, sizeOf: (path) => look(path)?.size };
}

/** Of a file or, with a `/` at its end, a folder inside the repository; a link that leads out of it does not count. */
function statOf(root: string, path: string): Stats | undefined {
  try {
    const full = join(root, path);
    if (!liesIn(full, root)) return undefined;
    const stat = path.endsWith('/') ? statSync(full) : lstatSync(full);
    return (path.endsWith('/') ? stat.isDirectory() : stat.isFile()) ? stat : undefined;
  } catch {
    return undefined;
  }
}
