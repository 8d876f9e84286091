import { ACTIONS } from '../actor.ts';
import type { Schemas } from '../operation.ts';
import { nodeId, type Place } from './place.ts';

export function user({ github }: Pick<Place, 'github'>, login: string): Schemas['simple-user'] {
  const id = github.idOf(login);
  const url = `${github.url}/users/${encodeURIComponent(login)}`;
  const isBot = login.endsWith('[bot]');
  return {
    login,
    id,
    node_id: nodeId('User', id),
    avatar_url: `https://avatars.githubusercontent.com/u/${id}?v=4`,
    gravatar_id: '',
    url,
    html_url: isBot ? `https://github.com/apps/${login.slice(0, -'[bot]'.length)}` : `https://github.com/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: isBot ? 'Bot' : 'User',
    site_admin: false,
  };
}

const MADE = '2018-07-30T09:30:17Z';

export function integration(place: Pick<Place, 'github'>, slug: string): NonNullable<Schemas['nullable-integration']> {
  const isActions = slug === ACTIONS.slug;
  const id = isActions ? ACTIONS.app : place.github.idOf(`${slug}[bot]`);
  return {
    id,
    slug,
    node_id: nodeId('App', id),
    owner: user(place, isActions ? 'github' : `${slug}-owner`),
    name: isActions ? 'GitHub Actions' : slug,
    description: null,
    external_url: `https://github.com/apps/${slug}`,
    html_url: `https://github.com/apps/${slug}`,
    created_at: MADE,
    updated_at: MADE,
    permissions: { checks: 'write', contents: 'write', metadata: 'read' },
    events: [],
  };
}

/** What `GET /user` says to a person. */
export function publicUser(place: Pick<Place, 'github'>, login: string): Schemas['public-user'] {
  const nothing = { name: null, company: null, blog: null, location: null, email: null, hireable: null, bio: null };
  const counts = { public_repos: 0, public_gists: 0, followers: 0, following: 0 };
  return { ...user(place, login), ...nothing, ...counts, created_at: MADE, updated_at: MADE };
}

/** How somebody stands to a repository. */
export function association({ repository }: Place, login: string): Schemas['author-association'] {
  if (login === repository.owner) return 'OWNER';
  return repository.collaborators.has(login) ? 'COLLABORATOR' : 'NONE';
}
