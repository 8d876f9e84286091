/** The repository itself, its branches, who may do what in it; and who a token belongs to. */
import type { Handlers } from '../operation.ts';
import { notFound } from '../refusal.ts';
import { commitAt } from '../render/commit.ts';
import { api, html, inUrl } from '../render/place.ts';
import { fullRepository } from '../render/repository.ts';
import { publicUser, user } from '../render/user.ts';

/** The older word for a role: what the API answered before there were `triage` and `maintain`. */
const PERMISSION = { admin: 'admin', maintain: 'write', write: 'write', triage: 'read', read: 'read', none: 'none' } as const;

export const REPOSITORIES = {
  'users/get-authenticated': (call) => ({ status: 200, data: publicUser(call, call.actor.login) }),

  'repos/get': (call) => ({ status: 200, data: fullRepository(call) }),

  'repos/get-branch': (call) => {
    const name = call.path.branch;
    const sha = call.repository.git.resolve(`refs/heads/${name}`);
    if (!sha) throw notFound('Branch not found');
    const self = `${api(call)}/branches/${inUrl(name)}`;
    const data = {
      name,
      commit: commitAt(call, sha),
      _links: { self, html: `${html(call)}/tree/${inUrl(name)}` },
      protected: false,
      protection: { enabled: false },
      protection_url: `${self}/protection`,
    };
    return { status: 200, data };
  },

  'repos/get-collaborator-permission-level': (call) => {
    const { username } = call.path;
    const role = username === call.repository.owner ? 'admin' : (call.repository.collaborators.get(username) ?? 'none');
    return { status: 200, data: { permission: PERMISSION[role], role_name: role, user: { ...user(call, username), role_name: role } } };
  },
} satisfies Partial<Handlers>;
