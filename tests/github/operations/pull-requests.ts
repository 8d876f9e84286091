import { diff } from '../history.ts';
import type { Call, Handlers } from '../operation.ts';
import { commitsOf, forkPoint, mergePullRequest, mergeTitle, openPullRequest, setState } from '../pull-request.ts';
import type { PullRequest } from '../records.ts';
import { checkLength, conflict, forbidden, invalid, notFound } from '../refusal.ts';
import { commit, diffEntry } from '../render/commit.ts';
import type { Place } from '../render/place.ts';
import { issueOf, pullRequest, pullRequestSimple, review } from '../render/pull-request.ts';
import type { Repository } from '../state.ts';

/** @throws Refusal 404 where there is none of that number. */
function find({ repository, path }: Place & { path: { pull_number: number } }): PullRequest {
  const found = repository.pullRequests.get(path.pull_number);
  if (!found) throw notFound();
  return found;
}

export const PULL_REQUESTS = {
  'pulls/get': (call) => ({ status: 200, data: pullRequest(call, find(call)) }),

  'pulls/list': (call) => {
    const { state = 'open', head, base, sort = 'created' } = call.query;
    const { direction = sort === 'created' ? 'desc' : 'asc' } = call.query;
    const found = [...call.repository.pullRequests.values()]
      .filter((own) => state === 'all' || issueOf(call, own).state === state)
      .filter((own) => !base || own.base.ref === base)
      .filter((own) => !head?.includes(':') || `${own.head.repository.owner}:${own.head.ref}` === head)
      .sort((a, b) => (sort === 'updated' ? compare(issueOf(call, a).updated, issueOf(call, b).updated) : a.number - b.number));
    const sorted = direction === 'desc' ? found.reverse() : found;
    return { status: 200, data: sorted.map((own) => pullRequestSimple(call, own)) };
  },

  'pulls/create': (call) => {
    const { title, body, draft = false, base } = call.body;
    if (call.actor.app && !call.repository.actionsMayOpenPullRequests)
      throw forbidden('GitHub Actions is not permitted to create or approve pull requests.');
    if (!title) throw invalid({ resource: 'PullRequest', code: 'missing_field', field: 'title' });
    checkLength('PullRequest', body);
    const opening = { login: call.actor.login, title, body: body ?? null, draft, base, head: headOf(call) };
    return { status: 201, data: pullRequest(call, openPullRequest(call.github, call.repository, opening)) };
  },

  'pulls/update': (call) => {
    const own = find(call);
    const issue = issueOf(call, own);
    const { title = issue.title, body = issue.body, state = issue.state, base = own.base.ref } = call.body ?? {};
    checkLength('PullRequest', body);
    if (!call.repository.git.resolve(`refs/heads/${base}`)) throw invalid({ resource: 'PullRequest', code: 'invalid', field: 'base' });
    if (own.merged && state === 'open') throw invalid({ resource: 'PullRequest', code: 'custom', message: 'state cannot be changed.' });
    setState(call.github, issue, state, call.actor.login);
    Object.assign(issue, { title, body, updated: call.github.now });
    own.base.ref = base;
    return { status: 200, data: pullRequest(call, own) };
  },

  'pulls/list-files': (call) => {
    const own = find(call);
    const files = diff(call.repository.git, forkPoint(call.repository, own), own.head.sha).slice(0, MOST_FILES);
    return { status: 200, data: files.map((file) => diffEntry(call, own.head.sha, file)) };
  },

  'pulls/list-commits': (call) => {
    const commits = commitsOf(call.repository, find(call)).slice(0, MOST_COMMITS);
    return { status: 200, data: commits.map((own) => commit(call, own)) };
  },

  'pulls/list-reviews': (call) => {
    const { number } = find(call);
    const found = call.repository.reviews.filter(({ pullRequest: of }) => of === number);
    return { status: 200, data: found.map((own) => review(call, own)) };
  },

  'pulls/merge': (call) => {
    const own = find(call);
    const { sha, merge_method: method = 'merge', commit_title, commit_message } = call.body ?? {};
    if (sha && sha !== own.head.sha) throw conflict('Head branch was modified. Review and try the merge again.');
    const { title } = issueOf(call, own);
    const words = { title: commit_title ?? mergeTitle(own, title, method), message: commit_message ?? (method === 'merge' ? title : '') };
    const merged = mergePullRequest(call.github, call.repository, own, { login: call.actor.login, method, ...words });
    return { status: 200, data: { sha: merged, merged: true, message: 'Pull Request successfully merged' } };
  },
} satisfies Partial<Handlers>;

/** GitHub lists no more files and commits of a pull request. */
const MOST_FILES = 3000;
const MOST_COMMITS = 250;

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** A branch of this repository, or `owner:branch` of a fork. */
function headOf({ body, github, repository }: Call<'pulls/create'>): { repository: Repository; ref: string } {
  const [, owner = repository.owner, ref = body.head] = /^([^:]+):(.+)$/.exec(body.head) ?? [];
  const from = owner === repository.owner ? repository : github.repository(body.head_repo ?? `${owner}/${repository.name}`);
  if (!from) throw invalid({ resource: 'PullRequest', code: 'invalid', field: 'head' });
  return { repository: from, ref };
}
