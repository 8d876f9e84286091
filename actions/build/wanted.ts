/** Which algorithms are to be built: what a pull request changed, or what the platform's repositories lack. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Algorithm, imageFolders, treeHash } from '@mip/catalog';
import { type CatalogOnDisk, narrow, type Prepared } from '@mip/reconcile';

/**
 * Those whose source or entry differs from the base's, or an oracle of theirs: each may change what the cases find.
 * @param base the folder with the base's catalog and algorithms
 */
export async function changedSince(head: CatalogOnDisk, base: string): Promise<readonly Algorithm[]> {
  const changed = built(head).map(async (algorithm) => {
    const files = [algorithm.file, ...expectationsOf(algorithm)];
    if (files.some((file) => textOf(base, file) !== textOf(head.root, file))) return [algorithm];
    const folders = imageFolders(algorithm.source ?? ''); // the entry, and so the folder, is the same
    const [now, then] = await Promise.all([treeHash(head.root, folders), treeHash(base, folders).catch(() => undefined)]);
    return now === then ? [] : [algorithm];
  });
  return (await Promise.all(changed)).flat();
}

/** The files that say what its cases have to find. */
function expectationsOf({ conformance = [] }: Algorithm): readonly string[] {
  return conformance.flatMap(({ expect: { oracle, mask } }) => [oracle, mask].filter((file) => file !== undefined));
}

/** All that are built from source. */
export function built({ algorithms }: Pick<CatalogOnDisk, 'algorithms'>): readonly Algorithm[] {
  return algorithms.filter(({ source }) => source !== undefined);
}

function textOf(root: string, file: string): string | undefined {
  const path = join(root, file);
  return existsSync(path) ? readFileSync(path, 'latin1') : undefined;
}

const KIND = 'image-repository';

/** The part of a plan that is about the repositories of these algorithms. Pure. */
export function repositoriesIn(prepared: Prepared, algorithms: ReadonlySet<string>): Prepared {
  return narrow(prepared, ({ kind, action, algorithm }) => kind === KIND && action !== 'delete' && algorithms.has(algorithm));
}

/** The names of those whose image a repository lacks, by the tree hash of its tag. Pure. */
export function lackingIn({ plan: { changes } }: Pick<Prepared, 'plan'>): readonly string[] {
  const lacks = changes.filter(
    ({ kind, action, fields }) => kind === KIND && (action === 'create' || fields.some(({ path }) => IMAGE.has(path))),
  );
  return lacks.filter(({ action }) => action !== 'delete').map(({ algorithm }) => algorithm);
}

const IMAGE = new Set(['/tag', '/treeHash']);

/** Why some must not be pushed: a version's tag is another image already, or somebody else's repository is in the way. Pure. */
export function refusedIn({ plan: { refusals } }: Pick<Prepared, 'plan'>): readonly string[] {
  return refusals.filter(({ kind }) => kind === KIND).map(({ algorithm, reason }) => `${algorithm}: ${reason}`);
}
