import type { Schemas } from '../operation.ts';
import type { Comment, Issue, Label } from '../records.ts';
import { api, html, nodeId, type Place } from './place.ts';
import { association, user } from './user.ts';

export function label(place: Place, { id, name, color, description }: Label): Schemas['label'] {
  const url = `${api(place)}/labels/${encodeURIComponent(name)}`;
  return { id, node_id: nodeId('Label', id), url, name, color, description, default: false };
}

/** The labels on an issue or a pull request. */
export function labelsOf(place: Place, { labels }: Issue): Schemas['label'][] {
  return labels.flatMap((name) => {
    const known = place.repository.labels.get(name.toLowerCase());
    return known ? [label(place, known)] : [];
  });
}

export function commentsOf({ repository }: Place, issue: number): readonly Comment[] {
  return [...repository.comments.values()].filter((comment) => comment.issue === issue);
}

/** Pull requests are issues, and have a field that says so. */
export function issue(place: Place, own: Issue): Schemas['issue'] {
  const { number, id, title, body, state, reason } = own;
  const url = `${api(place)}/issues/${number}`;
  const pull = place.repository.pullRequests.get(number);
  const page = `${html(place)}/${pull ? 'pull' : 'issues'}/${number}`;
  const pullUrls = { url: `${api(place)}/pulls/${number}`, html_url: page, diff_url: `${page}.diff`, patch_url: `${page}.patch` };
  return {
    id,
    node_id: nodeId('Issue', id),
    url,
    repository_url: api(place),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: page,
    ...{ number, title, body, state, state_reason: reason },
    user: user(place, own.login),
    labels: labelsOf(place, own),
    assignee: own.assignees[0] ? user(place, own.assignees[0]) : null,
    assignees: own.assignees.map((login) => user(place, login)),
    milestone: null,
    locked: false,
    active_lock_reason: null,
    comments: commentsOf(place, number).length,
    ...(pull && { pull_request: { ...pullUrls, merged_at: pull.merged?.at ?? null }, draft: pull.draft }),
    closed_at: own.closed,
    closed_by: own.closedBy ? user(place, own.closedBy) : null,
    created_at: own.created,
    updated_at: own.updated,
    author_association: association(place, own.login),
    performed_via_github_app: null,
  };
}

export function comment(place: Place, own: Comment): Schemas['issue-comment'] {
  const { id, body, login } = own;
  const isPull = place.repository.pullRequests.has(own.issue);
  return {
    id,
    node_id: nodeId('IssueComment', id),
    url: `${api(place)}/issues/comments/${id}`,
    html_url: `${html(place)}/${isPull ? 'pull' : 'issues'}/${own.issue}#issuecomment-${id}`,
    issue_url: `${api(place)}/issues/${own.issue}`,
    body,
    user: user(place, login),
    created_at: own.created,
    updated_at: own.updated,
    author_association: association(place, login),
    performed_via_github_app: null,
  };
}
