/** Files by path. A write is a commit on a branch. */
import { readCommit } from '../history.ts';
import type { Call, Handlers } from '../operation.ts';
import { conflict, notFound, unprocessable } from '../refusal.ts';
import { directory, file, fileCommit, kindOf, symlink } from '../render/content.ts';
import { personOf } from './commits.ts';

export const CONTENTS = {
  'repos/get-content': (call) => {
    const { git, defaultBranch } = call.repository;
    const ref = call.query.ref ?? defaultBranch;
    const sha = git.commit(ref);
    if (!sha) throw notFound(call.query.ref ? `No commit found for the ref ${ref}` : 'This repository is empty.');
    const path = call.path.path.replace(/^\/+|\/+$/g, '');
    const entry = path ? git.entry(sha, path) : undefined;
    if (path && !entry) throw notFound();
    const kind = entry ? kindOf(entry) : 'dir';
    if (!entry || kind === 'dir') {
      const listed = git.entries(entry?.sha ?? sha).map((own) => ({ ...own, path: path ? `${path}/${own.path}` : own.path }));
      return { status: 200, data: directory(call, listed, ref) };
    }
    const content = git.blob(entry.sha) ?? Buffer.alloc(0);
    if (kind === 'symlink') return { status: 200, data: symlink(call, entry, content.toString(), ref) };
    return { status: 200, data: file(call, entry, content, ref) };
  },

  'repos/create-or-update-file-contents': (call) => {
    const { git } = call.repository;
    const { path } = call.path;
    const { message, content, author, committer } = call.body;
    const { branch, tip } = branchOf(call);
    const before = tip ? git.entry(tip, path) : undefined;
    checkSha(path, before?.sha, call.body.sha);
    const blob = git.writeBlob(Buffer.from(content, 'base64'));
    const tree = git.writeTree(tip, [{ path, mode: before?.mode ?? '100644', sha: blob }]);
    const person = personOf(call, author ?? committer);
    const parents = tip ? [tip] : [];
    const sha = git.writeCommit({ tree, parents, message, author: person, committer: committer ? personOf(call, committer) : person });
    git.setRef(`refs/heads/${branch}`, sha);
    const entry = git.entry(sha, path);
    if (!entry) throw new Error(`${path} was not written`);
    return { status: before ? 200 : 201, data: fileCommit(call, entry, readCommit(git, sha), branch) };
  },
} satisfies Partial<Handlers>;

function branchOf({ body, repository }: Call<'repos/create-or-update-file-contents'>): { branch: string; tip: string | undefined } {
  const branch = (body.branch ?? repository.defaultBranch).replace('refs/heads/', '');
  const tip = repository.git.resolve(`refs/heads/${branch}`);
  if (!tip && branch !== repository.defaultBranch) throw notFound(`Branch ${branch} not found`);
  return { branch, tip };
}

/** The one who writes has to say which content he saw. */
function checkSha(path: string, present: string | undefined, said: string | undefined): void {
  if (present && !said) throw unprocessable(`Invalid request.\n\n"sha" wasn't supplied.`);
  if (said && present !== said) throw conflict(`${path} does not match ${said}`);
}
