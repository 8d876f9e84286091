/** Which files differ between two trees, as the tree hash sees them: by path, mode and content, without what Git ignores. */
import { contentOf, type TreeFile, treeFiles } from './tree-hash.ts';

/** So many files are read at once. */
const BATCH = 32;

/**
 * The files under `folder` that only one of two repositories has, or that have another mode or content there; sorted.
 * A folder that is not there holds no files.
 */
export async function changedFiles(before: string, after: string, folder: string): Promise<readonly string[]> {
  const [old, now] = (await Promise.all([before, after].map((root) => filesOf(root, folder)))) as [Files, Files];
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort();
  const changed: string[] = [];
  for (let from = 0; from < paths.length; from += BATCH) {
    const batch = paths.slice(from, from + BATCH);
    const differs = await Promise.all(batch.map((path) => isAnother(before, old.get(path), after, now.get(path))));
    changed.push(...batch.filter((_, index) => differs[index]));
  }
  return changed;
}

type Files = ReadonlyMap<string, TreeFile>;

async function filesOf(root: string, folder: string): Promise<Files> {
  const files = await treeFiles(root, [folder]).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return [];
  });
  return new Map(files.map((file) => [file.path, file]));
}

async function isAnother(before: string, old: TreeFile | undefined, after: string, now: TreeFile | undefined): Promise<boolean> {
  if (!old || !now || old.mode !== now.mode) return true;
  const [was, is] = await Promise.all([contentOf(before, old), contentOf(after, now)]);
  return !was.equals(is);
}
