import { diff, distance, isAncestor, mergedTree } from '../history.ts';
import type { Schemas } from '../operation.ts';
import { baseTip, forkPoint } from '../pull-request.ts';
import type { Issue, PullRequest, Review } from '../records.ts';
import type { Repository } from '../state.ts';
import { commentsOf, labelsOf } from './issue.ts';
import { api, html, nodeId, type Place } from './place.ts';
import { repository } from './repository.ts';
import { association, user } from './user.ts';

/** @throws Error where a pull request has no issue, which cannot be. */
export function issueOf({ repository: own }: Place, { number }: PullRequest): Issue {
  const issue = own.issues.get(number);
  if (!issue) throw new Error(`#${number} is no issue`);
  return issue;
}

function side(place: Place, { owner }: Repository, ref: string, sha: string) {
  return { label: `${owner}:${ref}`, ref, sha, repo: repository(place), user: user(place, owner) };
}

function links(place: Place, { number, head }: PullRequest) {
  const url = `${api(place)}/pulls/${number}`;
  const issue = `${api(place)}/issues/${number}`;
  return {
    url,
    page: `${html(place)}/pull/${number}`,
    issue,
    comments: `${issue}/comments`,
    commits: `${url}/commits`,
    statuses: `${api(place)}/statuses/${head.sha}`,
    reviewComments: `${url}/comments`,
    reviewComment: `${api(place)}/pulls/comments{/number}`,
  };
}

export function pullRequestSimple(place: Place, own: PullRequest): Schemas['pull-request-simple'] {
  const issue = issueOf(place, own);
  const to = links(place, own);
  const { head, base, number } = own;
  return {
    url: to.url,
    id: issue.id,
    node_id: nodeId('PullRequest', issue.id),
    html_url: to.page,
    diff_url: `${to.page}.diff`,
    patch_url: `${to.page}.patch`,
    issue_url: to.issue,
    commits_url: to.commits,
    review_comments_url: to.reviewComments,
    review_comment_url: to.reviewComment,
    comments_url: to.comments,
    statuses_url: to.statuses,
    number,
    state: issue.state,
    locked: false,
    active_lock_reason: null,
    title: issue.title,
    body: issue.body,
    user: user(place, issue.login),
    labels: labelsOf(place, issue).map((label) => ({ ...label, description: label.description ?? '' })),
    milestone: null,
    assignee: issue.assignees[0] ? user(place, issue.assignees[0]) : null,
    assignees: issue.assignees.map((login) => user(place, login)),
    requested_reviewers: [],
    requested_teams: [],
    created_at: issue.created,
    updated_at: issue.updated,
    closed_at: issue.closed,
    merged_at: own.merged?.at ?? null,
    merge_commit_sha: own.merged?.sha ?? null,
    head: side({ ...place, repository: head.repository }, head.repository, head.ref, head.sha),
    base: side(place, place.repository, base.ref, base.sha),
    _links: {
      self: { href: to.url },
      html: { href: to.page },
      issue: { href: to.issue },
      comments: { href: to.comments },
      review_comments: { href: to.reviewComments },
      review_comment: { href: to.reviewComment },
      commits: { href: to.commits },
      statuses: { href: to.statuses },
    },
    author_association: association(place, issue.login),
    auto_merge: null,
    draft: own.draft,
  };
}

/** A single pull request says more than one in a list: what it changes, and whether it can be merged. */
export function pullRequest(place: Place, own: PullRequest): Schemas['pull-request'] {
  const { git } = place.repository;
  const { head, merged, number } = own;
  const tip = baseTip(place.repository, own);
  const { requested_teams: _, ...simple } = pullRequestSimple(place, own);
  const issue = issueOf(place, own);
  const files = diff(git, forkPoint(place.repository, own), head.sha);
  const sum = (of: 'additions' | 'deletions') => files.reduce((total, file) => total + file[of], 0);
  const mergeable = merged || issue.state === 'closed' ? null : mergedTree(git, tip, head.sha) !== undefined;
  const behind = !isAncestor(git, tip, head.sha);
  return {
    ...simple,
    state: issue.state,
    user: user(place, issue.login),
    head: { ...simple.head, user: user(place, head.repository.owner) },
    base: { ...simple.base, user: user(place, place.repository.owner) },
    requested_teams: [],
    merged: merged !== undefined,
    mergeable,
    rebaseable: null,
    mergeable_state: mergeable === null ? 'unknown' : mergeable ? (behind ? 'behind' : 'clean') : 'dirty',
    merged_by: merged ? user(place, merged.login) : null,
    comments: commentsOf(place, number).length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: distance(git, tip, head.sha).ahead,
    additions: sum('additions'),
    deletions: sum('deletions'),
    changed_files: files.length,
  };
}

/** As in check runs. */
export function pullRequestMinimal(place: Place, { number, head, base }: PullRequest): Schemas['pull-request-minimal'] {
  const brief = (own: Repository) => ({ id: own.id, url: api({ ...place, repository: own }), name: own.name });
  return {
    id: place.repository.issues.get(number)?.id ?? 0,
    number,
    url: `${api(place)}/pulls/${number}`,
    head: { ref: head.ref, sha: head.sha, repo: brief(head.repository) },
    base: { ref: base.ref, sha: base.sha, repo: brief(place.repository) },
  };
}

export function review(place: Place, own: Review): Schemas['pull-request-review'] {
  const { id, body, state, commit, at, login } = own;
  const page = `${html(place)}/pull/${own.pullRequest}#pullrequestreview-${id}`;
  const pull = `${api(place)}/pulls/${own.pullRequest}`;
  return {
    id,
    node_id: nodeId('Review', id),
    user: user(place, login),
    ...{ body, state, commit_id: commit, submitted_at: at },
    html_url: page,
    pull_request_url: pull,
    _links: { html: { href: page }, pull_request: { href: pull } },
    author_association: association(place, login),
  };
}
