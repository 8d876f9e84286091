import { type Commit, type FileDiff, readCommit } from '../history.ts';
import type { Schemas } from '../operation.ts';
import { api, html, inUrl, nodeId, type Place } from './place.ts';

const UNSIGNED = { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null };

const parentsOf = (place: Place, { parents }: Commit, kind: 'commits' | 'git/commits') =>
  parents.map((sha) => ({ sha, url: `${api(place)}/${kind}/${sha}`, html_url: `${html(place)}/commit/${sha}` }));

/** A commit as the git database knows it. */
export function gitCommit(place: Place, commit: Commit): Schemas['git-commit'] {
  const { sha, tree, author, committer, message } = commit;
  return {
    sha,
    node_id: nodeId('Commit', sha),
    url: `${api(place)}/git/commits/${sha}`,
    html_url: `${html(place)}/commit/${sha}`,
    author,
    committer,
    message,
    tree: { sha: tree, url: `${api(place)}/git/trees/${tree}` },
    parents: parentsOf(place, commit, 'git/commits'),
    verification: UNSIGNED,
  };
}

/** A commit as the repository shows it. Nobody's address belongs to an account here, so that author and committer are nobody's. */
export function commit(place: Place, own: Commit): Schemas['commit'] {
  const { author, committer, message, tree } = gitCommit(place, own);
  const url = `${api(place)}/commits/${own.sha}`;
  return {
    url,
    sha: own.sha,
    node_id: nodeId('Commit', own.sha),
    html_url: `${html(place)}/commit/${own.sha}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${api(place)}/git/commits/${own.sha}`,
      ...{ author, committer, message, tree },
      comment_count: 0,
      verification: UNSIGNED,
    },
    author: null,
    committer: null,
    parents: parentsOf(place, own, 'commits'),
  };
}

export const commitAt = (place: Place, sha: string): Schemas['commit'] => commit(place, readCommit(place.repository.git, sha));

/** @param head the commit whose files are addressed. */
export function diffEntry(place: Place, head: string, file: FileDiff): Schemas['diff-entry'] {
  const { sha, status, path, before, additions, deletions, patch } = file;
  return {
    sha,
    filename: path,
    status,
    additions,
    deletions,
    changes: additions + deletions,
    blob_url: `${html(place)}/blob/${head}/${inUrl(path)}`,
    raw_url: `${html(place)}/raw/${head}/${inUrl(path)}`,
    contents_url: `${api(place)}/contents/${inUrl(path)}?ref=${head}`,
    ...(patch && { patch }),
    ...(before && { previous_filename: before }),
  };
}
