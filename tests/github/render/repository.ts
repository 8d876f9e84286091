import type { Schemas } from '../operation.ts';
import type { Repository } from '../state.ts';
import { api, html, nodeId, type Place } from './place.ts';
import { user } from './user.ts';

/** Field → what follows the repository's address in it. */
const ADDRESSES = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
  url: '',
} as const;

function addresses(place: Place): Record<keyof typeof ADDRESSES, string> {
  const pairs = Object.entries(ADDRESSES).map(([field, rest]) => [field, `${api(place)}${rest}`]);
  return Object.fromEntries(pairs) as Record<keyof typeof ADDRESSES, string>;
}

function openIssues({ issues }: Repository): number {
  return [...issues.values()].filter(({ state }) => state === 'open').length;
}

/** A repository as it stands inside other answers. */
export function repository(place: Place): Schemas['repository'] {
  const { repository: own } = place;
  const open = openIssues(own);
  return {
    id: own.id,
    node_id: nodeId('Repository', own.id),
    name: own.name,
    full_name: own.fullName,
    owner: user(place, own.owner),
    private: true,
    html_url: html(place),
    description: null,
    fork: own.parent !== undefined,
    ...addresses(place),
    git_url: `git://github.com/${own.fullName}.git`,
    ssh_url: `git@github.com:${own.fullName}.git`,
    clone_url: `${html(place)}.git`,
    svn_url: html(place),
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    ...{ forks: 0, forks_count: 0, stargazers_count: 0, watchers: 0, watchers_count: 0, size: 0 },
    ...{ open_issues: open, open_issues_count: open },
    ...{ has_issues: true, has_projects: false, has_wiki: false, has_pages: false, has_downloads: false, has_discussions: false },
    default_branch: own.defaultBranch,
    archived: false,
    disabled: false,
    visibility: 'private',
    ...{ allow_merge_commit: true, allow_squash_merge: true, allow_rebase_merge: false },
    pushed_at: own.created,
    created_at: own.created,
    updated_at: own.created,
  };
}

export function fullRepository(place: Place): Schemas['full-repository'] {
  const { parent } = place.repository;
  const { starred_at: _, code_search_index_status: __, ...own } = repository(place);
  const above = parent && repository({ ...place, repository: parent });
  return {
    ...own,
    pushed_at: place.repository.created,
    created_at: place.repository.created,
    updated_at: place.repository.created,
    has_discussions: false,
    license: null,
    subscribers_count: 0,
    network_count: 0,
    ...(above && { parent: above, source: above }),
  };
}

/** As in workflow runs. */
export function minimalRepository(place: Place): Schemas['minimal-repository'] {
  const { id, node_id, name, full_name, owner, private: isPrivate, html_url, description, fork } = repository(place);
  return { id, node_id, name, full_name, owner, private: isPrivate, html_url, description, fork, ...addresses(place) };
}
