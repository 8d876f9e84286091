/** The commit that a version was released at, in the history of what is checked out. */
import { parseDocument } from './document.ts';
import { git } from './git.ts';

export interface ReleaseCommit {
  /** 40 hexadecimal digits. */
  readonly commit: string;
  /** As the entry had them then. */
  readonly source: string;
  readonly algorithm_type: 'python' | 'openmp';
}

/**
 * The newest commit at which the entry had that version: later ones of the same version may have changed its sources before it was released.
 *
 * @returns undefined where there is no history, or none with that version, or it was not built from a source folder
 */
export async function findReleaseCommit(root: string, name: string, version: string): Promise<ReleaseCommit | undefined> {
  const file = `catalog/algorithms/${name}.yaml`;
  for (const commit of await commitsOf(root, file)) {
    const shown = await git(root, ['show', `${commit}:./${file}`]);
    if (shown.failed) continue;
    const entry = parseDocument(shown.stdout, file).value as Record<string, unknown> | undefined;
    if (entry?.version !== version) continue;
    const { source, algorithm_type } = entry;
    const sound = typeof source === 'string' && (algorithm_type === 'python' || algorithm_type === 'openmp');
    return sound ? { commit, source, algorithm_type } : undefined;
  }
  return undefined;
}

/** What is checked out, then what there was before each change of the entry, newest first. */
async function commitsOf(root: string, file: string): Promise<readonly string[]> {
  const log = await git(root, ['log', '--first-parent', '--format=%P', 'HEAD', '--', file]);
  const head = await git(root, ['rev-parse', '--verify', '--quiet', 'HEAD']);
  if (log.failed || head.failed) return [];
  const parents = log.stdout.split('\n').flatMap((line) => line.split(' ').slice(0, 1));
  return [head.stdout, ...parents].filter((commit) => commit !== '');
}
