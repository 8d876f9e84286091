/** What happens to a pull request in Git: its head follows a branch, here or in a fork, until it is merged or closed. */
import { isAncestor, log, mergeBase, mergedTree, type readCommit } from './history.ts';
import type { Issue, PullRequest } from './records.ts';
import { conflict, invalid, Refusal } from './refusal.ts';
import type { GitHubState, Repository } from './state.ts';

interface Opening {
  readonly login: string;
  readonly title: string;
  readonly body: string | null;
  readonly draft: boolean;
  readonly base: string;
  readonly head: { readonly repository: Repository; readonly ref: string };
}

/** Where the base is now. What a pull request says of itself is where it was when the head last moved. */
export function baseTip(repository: Repository, { base, merged }: PullRequest): string {
  return (merged ? undefined : repository.git.resolve(`refs/heads/${base.ref}`)) ?? base.sha;
}

/** Where head and base parted, if ever they were one. */
export function forkPoint(repository: Repository, own: PullRequest): string | undefined {
  return mergeBase(repository.git, baseTip(repository, own), own.head.sha);
}

export function addIssue(github: GitHubState, repository: Repository, own: Pick<Issue, 'body' | 'login' | 'title'>): Issue {
  const { nextId: id, now } = github;
  const state = { state: 'open', reason: null, labels: [], assignees: [], closed: null, closedBy: null } as const;
  const issue: Issue = { id, number: repository.nextNumber, ...own, ...state, labels: [], assignees: [], created: now, updated: now };
  repository.issues.set(issue.number, issue);
  return issue;
}

/** @throws Refusal where a branch is missing, nothing differs, or there is one already. */
export function openPullRequest(github: GitHubState, repository: Repository, opening: Opening): PullRequest {
  const { base, head, login, title, body, draft } = opening;
  const resource = 'PullRequest';
  const tip = head.repository.git.resolve(`refs/heads/${head.ref}`);
  const baseSha = repository.git.resolve(`refs/heads/${base}`);
  if (!baseSha) throw invalid({ resource, field: 'base', code: 'invalid' });
  if (!tip) throw invalid({ resource, field: 'head', code: 'invalid' });
  if (openWith(repository, base, head))
    throw invalid({ resource, code: 'custom', message: `A pull request already exists for ${head.repository.owner}:${head.ref}.` });
  repository.git.fetch(head.repository.git, `refs/heads/${head.ref}`, `refs/pull/${repository.nextNumber}/head`);
  if (isAncestor(repository.git, tip, baseSha))
    throw invalid({ resource, code: 'custom', message: `No commits between ${base} and ${head.ref}` });
  const { number } = addIssue(github, repository, { login, title, body });
  const own: PullRequest = { number, head: { ...head, sha: tip }, base: { ref: base, sha: baseSha }, draft };
  repository.pullRequests.set(number, own);
  return own;
}

function openWith(repository: Repository, base: string, head: Opening['head']): PullRequest | undefined {
  return [...repository.pullRequests.values()].find(
    (own) =>
      own.base.ref === base &&
      own.head.ref === head.ref &&
      own.head.repository === head.repository &&
      repository.issues.get(own.number)?.state === 'open',
  );
}

export function setState(github: GitHubState, issue: Issue, state: Issue['state'], login: string): void {
  if (issue.state === state) return;
  Object.assign(issue, { state, updated: github.now });
  Object.assign(issue, state === 'closed' ? { closed: github.now, closedBy: login } : { closed: null, closedBy: null });
  issue.reason = state === 'closed' ? 'completed' : 'reopened';
}

/** Lets the heads of what is open follow what was pushed; a pull request whose branch is gone is closed. */
export function followBranches(github: GitHubState, repository: Repository): void {
  for (const own of repository.pullRequests.values()) {
    const issue = repository.issues.get(own.number);
    if (issue?.state !== 'open') continue;
    const { head, base } = own;
    const tip = head.repository.git.resolve(`refs/heads/${head.ref}`);
    if (!tip) setState(github, issue, 'closed', head.repository.owner);
    if (!tip || tip === head.sha) continue;
    repository.git.fetch(head.repository.git, `refs/heads/${head.ref}`, `refs/pull/${own.number}/head`);
    head.sha = tip;
    base.sha = baseTip(repository, own);
    issue.updated = github.now;
  }
}

interface Merging {
  readonly login: string;
  readonly method: 'merge' | 'rebase' | 'squash';
  readonly title: string;
  readonly message: string;
}

/** @throws Refusal where it is closed, or conflicts. The double's repositories do not allow to rebase. */
export function mergePullRequest(github: GitHubState, repository: Repository, own: PullRequest, merging: Merging): string {
  const { git } = repository;
  const issue = repository.issues.get(own.number);
  if (merging.method === 'rebase') throw new Refusal(405, 'Rebase merges are not allowed on this repository.');
  if (own.draft) throw new Refusal(405, 'Pull Request is still a draft');
  const base = baseTip(repository, own);
  const tree = issue?.state === 'open' ? mergedTree(git, base, own.head.sha) : undefined;
  if (!issue || !tree) throw new Refusal(405, 'Pull Request is not mergeable');
  const parents = merging.method === 'squash' ? [base] : [base, own.head.sha];
  const sha = commitAs(github, repository, { ...merging, tree, parents });
  const commits = git.run(['rev-list', `${base}..${sha}`]).split('\n');
  git.setRef(`refs/heads/${own.base.ref}`, sha);
  own.base.sha = base;
  own.merged = { at: github.now, login: merging.login, sha, commits };
  setState(github, issue, 'closed', merging.login);
  return sha;
}

function commitAs(
  github: GitHubState,
  { git }: Repository,
  own: { login: string; title: string; message: string; tree: string; parents: readonly string[] },
): string {
  const author = { name: own.login, email: `${own.login}@users.noreply.github.com`, date: github.now };
  const committer = { name: 'GitHub', email: 'noreply@github.com', date: github.now };
  const message = own.message ? `${own.title}\n\n${own.message}` : own.title;
  return git.writeCommit({ tree: own.tree, parents: own.parents, message, author, committer });
}

/** Merges one commit into a branch, as a deployment does with a branch that is behind. @throws Refusal where they conflict. */
export function mergeInto(
  github: GitHubState,
  repository: Repository,
  branch: string,
  from: { name: string; sha: string },
  login: string,
): void {
  const { git } = repository;
  const tip = git.resolve(`refs/heads/${branch}`) ?? '';
  const tree = mergedTree(git, tip, from.sha);
  if (!tree) throw conflict(`Conflict merging ${from.name} into ${branch}.`);
  const parents = [tip, from.sha];
  git.setRef(
    `refs/heads/${branch}`,
    commitAs(github, repository, { login, title: `Merge ${from.name} into ${branch}`, message: '', tree, parents }),
  );
}

/** The message that GitHub gives a merge by default. */
export function mergeTitle(own: PullRequest, title: string, method: Merging['method']): string {
  if (method === 'squash') return `${title} (#${own.number})`;
  return `Merge pull request #${own.number} from ${own.head.repository.owner}/${own.head.ref}`;
}

/** Merged pull requests that brought a commit, and open ones that hold it. */
export function withCommit(repository: Repository, sha: string): readonly PullRequest[] {
  return [...repository.pullRequests.values()].filter((own) => {
    if (own.merged) return own.merged.commits.includes(sha);
    const { git } = repository;
    return log(git, [`${baseTip(repository, own)}..${own.head.sha}`]).some((commit) => commit.sha === sha);
  });
}

/** Its commits, oldest first. */
export function commitsOf(repository: Repository, own: PullRequest): readonly ReturnType<typeof readCommit>[] {
  return log(repository.git, ['--reverse', `${baseTip(repository, own)}..${own.head.sha}`]);
}
