/** Refs: branches and tags by their full names. */
import type { Ref } from '../git.ts';
import { isAncestor } from '../history.ts';
import type { Handlers, Schemas } from '../operation.ts';
import { notFound, unprocessable } from '../refusal.ts';
import { api, inUrl, nodeId, type Place } from '../render/place.ts';

export const REFS = {
  'git/get-ref': (call) => {
    const found = call.repository.git.ref(`refs/${call.path.ref}`);
    if (!found) throw notFound();
    return { status: 200, data: gitRef(call, found) };
  },

  'git/list-matching-refs': (call) => {
    const found = call.repository.git.refs(`refs/${call.path.ref}`).map((own) => gitRef(call, own));
    return { status: 200, data: found };
  },

  'git/create-ref': (call) => {
    const { ref, sha } = call.body;
    const { git } = call.repository;
    if (!/^refs\/[^/]+\/./.test(ref) || git.ask(['check-ref-format', ref]) === undefined)
      throw unprocessable(`${ref} is not a valid ref name.`);
    if (git.ref(ref)) throw unprocessable('Reference already exists');
    if (!git.resolve(sha, 'object')) throw unprocessable('Object does not exist');
    git.setRef(ref, sha);
    return { status: 201, data: gitRef(call, { ref, sha, type: git.ref(ref)?.type ?? 'commit' }) };
  },

  'git/update-ref': (call) => {
    const { git } = call.repository;
    const { sha, force } = call.body;
    const before = git.ref(`refs/${call.path.ref}`);
    if (!before) throw unprocessable('Reference does not exist');
    if (!git.resolve(sha)) throw unprocessable('Object does not exist');
    if (!force && !isAncestor(git, before.sha, sha)) throw unprocessable('Update is not a fast forward');
    git.setRef(before.ref, sha);
    return { status: 200, data: gitRef(call, { ...before, sha }) };
  },

  'git/delete-ref': (call) => {
    const ref = `refs/${call.path.ref}`;
    if (!call.repository.git.ref(ref)) throw unprocessable('Reference does not exist');
    call.repository.git.removeRef(ref);
    return { status: 204, data: undefined };
  },
} satisfies Partial<Handlers>;

function gitRef(place: Place, { ref, sha, type }: Ref): Schemas['git-ref'] {
  const object = { type, sha, url: `${api(place)}/git/${type}s/${sha}` };
  return { ref, node_id: nodeId('Ref', ref), url: `${api(place)}/git/${inUrl(ref)}`, object };
}
