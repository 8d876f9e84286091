/** The pull requests whose merges an apply is the first to carry out, and what their reviewers saw. */
import type { ApprovalRecord } from '@mip/reconcile';
import { readApprovalOf } from './approval-check.ts';
import type { GitHub, Repository } from './github.ts';
import { touches } from './pull-request.ts';

export interface Merged {
  readonly number: number;
  /** The commit at its head when it was merged. */
  readonly head: string;
}

export interface Range {
  readonly repository: Repository;
  /** The last commit of which all was applied; undefined where there is none, and only the commit itself counts. */
  readonly from: string | undefined;
  readonly to: string;
}

/** Merged between two commits, in the order of their numbers. */
export async function mergedIn(github: GitHub, { repository, from, to }: Range): Promise<readonly Merged[]> {
  const commits = from === undefined ? [to] : await commitsBetween(github, repository, `${from}...${to}`);
  const found = new Map<number, Merged>();
  for (const commit of commits) {
    const pages = { ...repository, commit_sha: commit, per_page: 100 };
    for (const { number, head, merged_at } of await github.paginate(github.rest.repos.listPullRequestsAssociatedWithCommit, pages))
      if (merged_at) found.set(number, { number, head: head.sha });
  }
  return [...found.values()].sort((a, b) => a.number - b.number);
}

/** Page by page by hand: the pager of the library takes a comparison for a list of something else. */
async function commitsBetween(github: GitHub, repository: Repository, basehead: string): Promise<readonly string[]> {
  const commits: string[] = [];
  for (let page = 1; ; page += 1) {
    const { data } = await github.rest.repos.compareCommitsWithBasehead({ ...repository, basehead, per_page: 100, page });
    commits.push(...data.commits.map(({ sha }) => sha));
    if (data.commits.length === 0 || commits.length >= data.total_commits) return commits;
  }
}

/** Whether a commit is older than another that an apply began with already: what came in between would be undone. */
export async function isOlder(github: GitHub, repository: Repository, commit: string, than: string | undefined): Promise<boolean> {
  if (than === undefined || than === commit) return false;
  const { data } = await github.rest.repos.compareCommitsWithBasehead({ ...repository, basehead: `${than}...${commit}`, per_page: 1 });
  return data.status === 'behind';
}

/** What a pull request's reviewers saw; nothing where it could have written its own record. */
export async function approvalBy(
  github: GitHub,
  repository: Repository,
  { number, head }: Merged,
  platform: string,
): Promise<ApprovalRecord | undefined> {
  if (await changesWorkflows(github, repository, number)) return undefined;
  return readApprovalOf(github, { repository, commit: head }, platform);
}

/** Whether its branch may have run code of its own with a token that writes check runs. */
async function changesWorkflows(github: GitHub, repository: Repository, pull_number: number): Promise<boolean> {
  return touches(github, repository, pull_number, /^(\.github|actions)\//);
}
