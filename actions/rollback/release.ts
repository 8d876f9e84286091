/** An earlier release of an algorithm, found in the history of its entry. */
import type { Algorithm } from '@mip/catalog';
import { parseDocument } from '@mip/catalog/document';
import { compare, valid } from 'semver';
import { Failure } from '../shared/action.ts';
import { readEntry } from '../shared/catalog.ts';
import { entryAt, fileAt, git, isShallow, type TextFile } from '../shared/checkout.ts';

/** A repository as it is checked out. */
export interface Checkout {
  /** The folder with the catalog. */
  readonly root: string;
  readonly commit: string;
  /** Where in its repository `root` lies: `''`, or a path that ends in a slash. */
  readonly prefix: string;
}

export interface Release {
  /** The last commit whose entry had the version. */
  readonly commit: string;
  /** The entry's file there. */
  readonly file: TextFile;
  readonly algorithm: Algorithm;
}

/**
 * @param present the entry as it is
 * @param asked a version; `''` is the one that was there before the present one, and is not withdrawn
 * @throws {Failure} where there is no such release, or not enough of the history
 */
export async function findRelease(checkout: Checkout, present: Algorithm, asked: string): Promise<Release> {
  if (asked) checkAsked(present, asked);
  const { name, version, file } = present;
  const yanked = new Set(present.releases?.filter((one) => one.yanked).map((one) => one.version));
  const fits = (found: string) => (asked ? found === asked : compare(found, version) < 0 && !yanked.has(found));
  for await (const one of earlier(checkout, file)) {
    if (!fits(one.version) || !(await isFrozen(checkout, name, one.version))) continue;
    const what = `the entry of ${name} ${one.version} at ${one.commit.slice(0, 12)} does not fit today's schema; write it anew by hand`;
    return { commit: one.commit, file: one.file, algorithm: readEntry(one.file.text, file, what) };
  }
  const advice = (await isShallow(checkout.root))
    ? '; only the last commits were fetched: fetch all of them (actions/checkout: fetch-depth: 0)'
    : '';
  throw new Failure(
    asked
      ? `the history has no released version ${asked} of ${name}${advice}`
      : `the history has no release of ${name} before ${version}${advice}`,
  );
}

function checkAsked({ name, version, releases }: Algorithm, asked: string): void {
  if (valid(asked) !== asked) throw new Failure(`"${asked}" is no version; give one like 1.0.0`);
  if (asked === version) throw new Failure(`${name} is at ${asked} already`);
  if (compare(asked, version) > 0)
    throw new Failure(`${asked} is later than ${version}, the present version of ${name}; revert the pull request that took it back`);
  if (releases?.some((one) => one.version === asked && one.yanked))
    throw new Failure(`${name} ${asked} was yanked; choose another release`);
}

interface Earlier {
  readonly version: string;
  readonly commit: string;
  readonly file: TextFile;
}

/** The entry before each change to it on the branch's own line, newest first: what was merged is one change, whatever it was made of. */
async function* earlier({ root, commit, prefix }: Checkout, file: string): AsyncGenerator<Earlier> {
  const log = await git(root, 'log', '--first-parent', '--format=%H %P', commit, '--', file);
  for (const line of log?.trim().split('\n') ?? []) {
    const [, parent] = line.split(' ');
    const path = `${prefix}${file}`;
    if (parent === undefined || !(await entryAt(root, parent, path))) continue;
    const found = await fileAt(root, parent, path);
    const { version } = (parseDocument(found.text, file).value ?? {}) as { version?: unknown };
    if (typeof version === 'string' && valid(version)) yield { version, commit: parent, file: found };
  }
}

/** Whether a version has a contract; one that never had was never released. A catalog of before contracts were frozen has none at all. */
async function isFrozen({ root, commit, prefix }: Checkout, name: string, version: string): Promise<boolean> {
  const folder = `${prefix}catalog/releases/${name}`;
  if (!(await entryAt(root, commit, folder))) return true;
  return (await entryAt(root, commit, `${folder}/${version}.yaml`)) !== undefined;
}
