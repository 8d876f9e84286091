/** Commits as a repository shows them, and how they compare. */
import type { Person } from '../git.ts';
import { diff, distance, isAncestor, log, mergeBase, readCommit } from '../history.ts';
import type { Call, Handlers } from '../operation.ts';
import type { OperationId } from '../permissions.ts';
import { withCommit } from '../pull-request.ts';
import { notFound, unprocessable } from '../refusal.ts';
import { commit, commitAt, diffEntry } from '../render/commit.ts';
import { api, html, inUrl, type Place } from '../render/place.ts';
import { pullRequestSimple } from '../render/pull-request.ts';

/** Who a commit is by, where the request leaves that open: the one who asks. */
export function personOf({ actor, github }: Call<OperationId>, said?: { name?: string; email?: string; date?: string }): Person {
  const email = `${github.idOf(actor.login)}+${actor.login}@users.noreply.github.com`;
  return { name: said?.name ?? actor.login, email: said?.email ?? email, date: said?.date ?? github.now };
}

/** @throws Refusal 422 as for a SHA, or 404 as for a name, that is nothing. */
export function commitNamed({ repository }: Place, name: string): string {
  const sha = repository.git.commit(name);
  if (!sha) throw unprocessable(`No commit found for SHA: ${name}`);
  return sha;
}

/** Longer comparisons list no more files than these. */
const MOST_FILES = 300;

export const COMMITS = {
  'repos/get-commit': (call) => {
    const sha = commitNamed(call, call.path.ref);
    const own = readCommit(call.repository.git, sha);
    const files = diff(call.repository.git, own.parents[0], sha).map((file) => diffEntry(call, sha, file));
    const [additions, deletions] = [
      files.reduce((sum, file) => sum + file.additions, 0),
      files.reduce((sum, file) => sum + file.deletions, 0),
    ];
    return { status: 200, data: { ...commit(call, own), stats: { additions, deletions, total: additions + deletions }, files } };
  },

  'repos/list-commits': (call) => {
    const { sha, path, author, committer, since, until } = call.query;
    const start = call.repository.git.commit(sha ?? call.repository.defaultBranch);
    if (!start) throw notFound();
    const filters = [
      ...(author ? [`--author=${author}`, '--fixed-strings'] : []),
      ...(committer ? [`--committer=${committer}`, '--fixed-strings'] : []),
      ...(since ? [`--since=${since}`] : []),
      ...(until ? [`--until=${until}`] : []),
    ];
    const commits = log(call.repository.git, [...filters, start, '--', ...(path ? [path] : [])]);
    return { status: 200, data: commits.map((own) => commit(call, own)) };
  },

  'repos/compare-commits-with-basehead': (call) => {
    const { git } = call.repository;
    const names = /^(.+?)\.\.\.(.+)$/.exec(call.path.basehead);
    const [base, head] = [sideOf(call, names?.[1]), sideOf(call, names?.[2])];
    const point = base && head && mergeBase(git, base, head);
    if (!base || !head || !point) throw notFound();
    const { ahead, behind } = distance(git, base, head);
    const page = `${html(call)}/compare/${inUrl(call.path.basehead)}`;
    const onFirst = (call.query.page ?? 1) === 1;
    const files = diff(git, point, head).slice(0, MOST_FILES);
    const data = {
      url: `${api(call)}/compare/${inUrl(call.path.basehead)}`,
      ...{ html_url: page, permalink_url: page, diff_url: `${page}.diff`, patch_url: `${page}.patch` },
      base_commit: commitAt(call, base),
      merge_base_commit: commitAt(call, point),
      status: statusOf(ahead, behind),
      ...{ ahead_by: ahead, behind_by: behind, total_commits: ahead },
      commits: log(git, ['--reverse', `${base}..${head}`]).map((own) => commit(call, own)),
      files: onFirst ? files.map((file) => diffEntry(call, head, file)) : [],
    };
    return { status: 200, data };
  },

  'repos/list-pull-requests-associated-with-commit': (call) => {
    const sha = commitNamed(call, call.path.commit_sha);
    const { git, defaultBranch } = call.repository;
    const isMerged = isAncestor(git, sha, `refs/heads/${defaultBranch}`);
    const found = withCommit(call.repository, sha).filter(({ merged }) => !isMerged || merged);
    return { status: 200, data: found.map((own) => pullRequestSimple(call, own)) };
  },
} satisfies Partial<Handlers>;

function statusOf(ahead: number, behind: number): 'ahead' | 'behind' | 'diverged' | 'identical' {
  if (ahead && behind) return 'diverged';
  return ahead ? 'ahead' : behind ? 'behind' : 'identical';
}

/** A side of a comparison: a ref, or `owner:branch` of a fork, which is fetched for it. */
function sideOf({ github, repository }: Place, name = ''): string | undefined {
  const [, owner, ref] = /^([^:]+):(.+)$/.exec(name) ?? [];
  if (!owner || !ref || owner === repository.owner) return repository.git.commit(ref ?? name);
  const fork = github.repository(`${owner}/${repository.name}`);
  const sha = fork?.git.commit(ref);
  if (fork && sha) repository.git.run(['fetch', '--quiet', '--no-tags', fork.git.directory, sha]);
  return sha;
}
