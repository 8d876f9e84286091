/** Comments on issues and pull requests. */
import type { Handlers } from '../operation.ts';
import type { Comment } from '../records.ts';
import { checkLength, invalid, notFound } from '../refusal.ts';
import { comment, commentsOf } from '../render/issue.ts';
import type { Place } from '../render/place.ts';
import { findIssue } from './issues.ts';

/** @throws Refusal 404 where there is none of that id, or where it is gone. */
function find({ repository, path }: Place & { path: { comment_id: number | bigint } }): Comment {
  const found = repository.comments.get(Number(path.comment_id));
  if (!found) throw notFound();
  return found;
}

function check(body: string): void {
  if (!body.trim()) throw invalid({ resource: 'IssueComment', code: 'unprocessable', field: 'data', message: 'Body cannot be blank' });
  checkLength('IssueComment', body);
}

export const COMMENTS = {
  'issues/list-comments': (call) => {
    const { since } = call.query;
    const found = commentsOf(call, findIssue(call).number).filter(({ updated }) => !since || updated >= since);
    return { status: 200, data: found.map((own) => comment(call, own)) };
  },

  'issues/create-comment': (call) => {
    const { number } = findIssue(call);
    const { body } = call.body;
    check(body);
    const { nextId: id, now } = call.github;
    const own: Comment = { id, issue: number, login: call.actor.login, body, created: now, updated: now };
    call.repository.comments.set(id, own);
    return { status: 201, data: comment(call, own) };
  },

  'issues/get-comment': (call) => ({ status: 200, data: comment(call, find(call)) }),

  'issues/update-comment': (call) => {
    const own = find(call);
    check(call.body.body);
    Object.assign(own, { body: call.body.body, updated: call.github.now });
    return { status: 200, data: comment(call, own) };
  },

  'issues/delete-comment': (call) => {
    call.repository.comments.delete(find(call).id);
    return { status: 204, data: undefined };
  },
} satisfies Partial<Handlers>;
