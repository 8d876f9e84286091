/** Git's own objects: commits, trees, blobs. */
import type { Entry } from '../git.ts';
import { readCommit } from '../history.ts';
import type { Call, Handlers } from '../operation.ts';
import { notFound, unprocessable } from '../refusal.ts';
import { gitCommit } from '../render/commit.ts';
import { api, nodeId, type Place } from '../render/place.ts';
import { personOf } from './commits.ts';

export const OBJECTS = {
  'git/get-commit': (call) => {
    const sha = call.repository.git.resolve(call.path.commit_sha);
    if (!sha) throw notFound();
    return { status: 200, data: gitCommit(call, readCommit(call.repository.git, sha)) };
  },

  'git/create-commit': (call) => {
    const { git } = call.repository;
    const { message, tree, parents = [], author, committer } = call.body;
    if (!git.resolve(tree, 'tree')) throw unprocessable('Tree SHA does not exist');
    if (parents.some((parent) => !git.resolve(parent))) throw unprocessable('Parent SHA does not exist or is not a commit object');
    const people = { author: personOf(call, author), committer: personOf(call, committer ?? author) };
    const sha = git.writeCommit({ tree, parents, message, ...people });
    return { status: 201, data: gitCommit(call, readCommit(git, sha)) };
  },

  'git/get-tree': (call) => {
    const { git } = call.repository;
    const sha = git.resolve(git.commit(call.path.tree_sha) ?? call.path.tree_sha, 'tree');
    if (!sha) throw notFound();
    const entries = git.entries(sha, [], call.query.recursive !== undefined);
    return { status: 200, data: tree(call, sha, entries) };
  },

  'git/create-tree': (call) => {
    const { git } = call.repository;
    const base = call.body.base_tree;
    const from = base === undefined ? undefined : git.resolve(base, 'tree');
    if (base !== undefined && !from) throw notFound();
    const edits = call.body.tree.map((own) => ({ path: own.path ?? '', mode: own.mode ?? '100644', sha: shaOf(call, own) }));
    const sha = git.writeTree(from, edits);
    return { status: 201, data: tree(call, sha, git.entries(sha)) };
  },

  'git/get-blob': (call) => {
    const sha = call.path.file_sha;
    const content = call.repository.git.blob(sha);
    if (!content) throw notFound();
    const lines = content.toString('base64').replace(/.{1,60}/g, '$&\n');
    const url = `${api(call)}/git/blobs/${sha}`;
    return { status: 200, data: { sha, node_id: nodeId('Blob', sha), size: content.length, url, content: lines, encoding: 'base64' } };
  },

  'git/create-blob': (call) => {
    const { content, encoding = 'utf-8' } = call.body;
    const sha = call.repository.git.writeBlob(Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8'));
    return { status: 201, data: { sha, url: `${api(call)}/git/blobs/${sha}` } };
  },
} satisfies Partial<Handlers>;

type NewEntry = Call<'git/create-tree'>['body']['tree'][number];

/** @returns null where the path is to go. */
function shaOf({ repository: { git } }: Place, { path, sha, content }: NewEntry): string | null {
  if (!path) throw unprocessable('Must supply a valid tree.path');
  if (sha !== undefined && content !== undefined) throw unprocessable('Must supply either tree.sha or tree.content');
  if (sha === undefined) return git.writeBlob(content ?? '');
  if (sha !== null && !git.resolve(sha, 'object')) throw unprocessable(`tree.sha ${sha} is not a valid blob`);
  return sha;
}

function tree(place: Place, sha: string, entries: readonly Entry[]) {
  const listed = entries.map(({ path, mode, type, size, sha: own }) => ({
    path,
    mode,
    type,
    sha: own,
    ...(type === 'blob' && { size }),
    url: `${api(place)}/git/${type}s/${own}`,
  }));
  return { sha, url: `${api(place)}/git/trees/${sha}`, tree: listed, truncated: false };
}
