/** Who belongs to a team. */
import type { Handlers } from '../operation.ts';
import { notFound } from '../refusal.ts';

export const TEAMS = {
  'teams/get-membership-for-user-in-org': ({ github, path }) => {
    const { org, team_slug, username } = path;
    const state = github.memberships.get(`${org}/${team_slug}/${username}`.toLowerCase());
    if (!state) throw notFound();
    const url = `${github.url}/orgs/${org}/teams/${team_slug}/memberships/${username}`;
    return { status: 200, data: { url, role: 'member', state } };
  },
} satisfies Partial<Handlers>;
