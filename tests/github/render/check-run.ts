import type { Schemas } from '../operation.ts';
import type { CheckRun, CommitStatus } from '../records.ts';
import { api, html, nodeId, type Place } from './place.ts';
import { pullRequestMinimal } from './pull-request.ts';
import { integration, user } from './user.ts';

/** One suite for an app and a commit. */
function suiteId({ github }: Place, { app, sha }: CheckRun): number {
  return github.idOf(`suite ${app} ${sha}`);
}

/** GitHub names the open pull requests whose head the commit is, of this repository only, not those of forks. */
export function checkRun(place: Place, own: CheckRun): Schemas['check-run'] {
  const { id, sha, app, name, title, summary, text } = own;
  const { issues, pullRequests } = place.repository;
  const heads = [...pullRequests.values()].filter(
    ({ number, head }) => head.sha === sha && head.repository === place.repository && issues.get(number)?.state === 'open',
  );
  return {
    id,
    node_id: nodeId('CheckRun', id),
    head_sha: sha,
    external_id: own.externalId,
    url: `${api(place)}/check-runs/${id}`,
    html_url: `${html(place)}/runs/${id}`,
    details_url: own.detailsUrl,
    status: own.status,
    conclusion: own.conclusion as Schemas['check-run']['conclusion'],
    started_at: own.started,
    completed_at: own.completed,
    output: {
      ...{ title, summary, text },
      annotations_count: own.annotations.length,
      annotations_url: `${api(place)}/check-runs/${id}/annotations`,
    },
    name,
    check_suite: { id: suiteId(place, own) },
    app: integration(place, app),
    pull_requests: heads.map((pull) => pullRequestMinimal(place, pull)),
  };
}

export function commitStatus(place: Place, own: CommitStatus): Schemas['status'] {
  const { id, sha, state, description, target, context, login, at } = own;
  return {
    url: `${api(place)}/statuses/${sha}`,
    avatar_url: user(place, login).avatar_url,
    id,
    node_id: nodeId('Status', id),
    ...{ state, description, target_url: target, context },
    created_at: at,
    updated_at: at,
    creator: user(place, login),
  };
}
