/** The operations that the double answers, and what a workflow's token must be allowed for each. */

/** As in a workflow's `permissions:`. */
export type Scope = 'actions' | 'checks' | 'contents' | 'deployments' | 'issues' | 'pull-requests' | 'statuses';
export type Level = 'none' | 'read' | 'write';
export type Permissions = Partial<Record<Scope, Level>>;

/**
 * One of several scopes is enough, as for comments, which stand on issues and on pull requests. `on` says when a scope counts only for one
 * of the two. `person` is for people's tokens only, `app` for an app that signs for itself.
 */
export type Need = readonly `${Scope}:${'read' | 'write'}`[] | 'anybody' | 'person' | 'app';

/** Source: https://docs.github.com/rest/authentication/permissions-required-for-github-apps */
export const OPERATIONS = {
  'users/get-authenticated': 'person',
  // A workflow's own token may not: no scope of `permissions` reads members of an organisation.
  'teams/get-membership-for-user-in-org': 'person',
  'apps/get-repo-installation': 'app',
  'apps/create-installation-access-token': 'app',
  'repos/get': 'anybody',
  'repos/get-collaborator-permission-level': 'anybody',
  'repos/get-branch': ['contents:read'],
  'repos/get-content': ['contents:read'],
  'repos/create-or-update-file-contents': ['contents:write'],
  'repos/get-commit': ['contents:read'],
  'repos/list-commits': ['contents:read'],
  'repos/compare-commits-with-basehead': ['contents:read'],
  'repos/list-pull-requests-associated-with-commit': ['pull-requests:read', 'contents:read'],
  'repos/create-deployment': ['deployments:write'],
  'repos/get-deployment': ['deployments:read'],
  'repos/list-deployments': ['deployments:read'],
  'repos/create-deployment-status': ['deployments:write'],
  'repos/list-deployment-statuses': ['deployments:read'],
  'repos/create-commit-status': ['statuses:write'],
  'repos/list-commit-statuses-for-ref': ['statuses:read'],
  'git/get-ref': ['contents:read'],
  'git/list-matching-refs': ['contents:read'],
  'git/create-ref': ['contents:write'],
  'git/update-ref': ['contents:write'],
  'git/delete-ref': ['contents:write'],
  'git/get-commit': ['contents:read'],
  'git/create-commit': ['contents:write'],
  'git/get-tree': ['contents:read'],
  'git/create-tree': ['contents:write'],
  'git/get-blob': ['contents:read'],
  'git/create-blob': ['contents:write'],
  'pulls/get': ['pull-requests:read'],
  'pulls/list': ['pull-requests:read'],
  'pulls/create': ['pull-requests:write'],
  'pulls/update': ['pull-requests:write'],
  'pulls/list-files': ['pull-requests:read'],
  'pulls/list-commits': ['pull-requests:read'],
  'pulls/list-reviews': ['pull-requests:read'],
  'pulls/merge': ['contents:write'],
  'issues/get': ['issues:read', 'pull-requests:read'],
  'issues/list-for-repo': ['issues:read', 'pull-requests:read'],
  'issues/create': ['issues:write'],
  'issues/update': ['issues:write', 'pull-requests:write'],
  'issues/get-comment': ['issues:read', 'pull-requests:read'],
  'issues/list-comments': ['issues:read', 'pull-requests:read'],
  'issues/create-comment': ['issues:write', 'pull-requests:write'],
  'issues/update-comment': ['issues:write', 'pull-requests:write'],
  'issues/delete-comment': ['issues:write', 'pull-requests:write'],
  'issues/add-labels': ['issues:write', 'pull-requests:write'],
  'issues/remove-label': ['issues:write', 'pull-requests:write'],
  'issues/get-label': ['issues:read', 'pull-requests:read'],
  'issues/create-label': ['issues:write', 'pull-requests:write'],
  'checks/create': ['checks:write'],
  'checks/update': ['checks:write'],
  'checks/get': ['checks:read'],
  'checks/list-for-ref': ['checks:read'],
  'actions/get-workflow-run': ['actions:read'],
  'actions/list-jobs-for-workflow-run': ['actions:read'],
  'actions/create-workflow-dispatch': ['actions:write'],
} as const satisfies Record<string, Need>;

export type OperationId = keyof typeof OPERATIONS;
