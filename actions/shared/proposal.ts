/**
 * A change to the repository as a pull request: its branch holds one commit on top of what was checked out. All of it is made by GitHub's API,
 * and what a run that died left behind is found and finished by the next.
 */
import { Failure } from './action.ts';
import { AUTHOR, type GitHub, GitHubFailure, ONCE, type Repository, sendOnce } from './github.ts';

/** What takes a path's place; `content` is text, `sha` names an object that the repository has. */
export type ProposedPath = { readonly path: string } & (
  | { readonly content: string; readonly mode: '100644' | '100755' }
  | { readonly sha: string; readonly mode: '100644' | '100755' | '120000' | '040000' }
);

export interface Proposal {
  readonly repository: Repository;
  /** Begins with `mip/`; a pull request that is open for it is brought up to date. */
  readonly branch: string;
  /** What was checked out: the commit that the change is made to. */
  readonly commit: string;
  readonly paths: readonly ProposedPath[];
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

export interface Proposed {
  readonly number: number;
  readonly url: string;
  readonly made: 'opened' | 'updated';
}

/** @throws {Failure} where the branch is somebody else's, or nobody may open a pull request from a workflow. */
export async function propose(github: GitHub, proposal: Proposal): Promise<Proposed> {
  const base = await baseOf(github, proposal);
  const tip = await tipOf(github, proposal);
  if (tip && !isOurs(tip, proposal))
    throw new Failure(
      `somebody committed to the branch ${proposal.branch}: merge its pull request, or delete the branch, and run this again`,
    );
  await pushCommit(github, proposal, tip);
  try {
    return await pullRequestFor(github, proposal, base);
  } catch (error) {
    if (!(error instanceof GitHubFailure) || error.status >= 500) throw error;
    if (!tip) await github.rest.git.deleteRef({ ...proposal.repository, ref: `heads/${proposal.branch}` }).catch(() => undefined);
    if (!NOT_PERMITTED.test(error.message)) throw error;
    throw new Failure(PERMIT);
  }
}

const NOT_PERMITTED = /not permitted to create or approve pull requests/;
const PERMIT =
  'GitHub Actions may not open pull requests in this repository: switch on "Allow GitHub Actions to create and approve pull requests" ' +
  '(Settings, Actions, General, Workflow permissions; where it is greyed out, in those of the organization), and run this again';

/** The branch that all is merged into. @throws {Failure} where what was checked out is not on it: the pull request would bring that along. */
async function baseOf(github: GitHub, { repository, commit }: Proposal): Promise<string> {
  const { default_branch: base } = (await github.rest.repos.get({ ...repository })).data;
  const { data } = await github.rest.repos.compareCommitsWithBasehead({ ...repository, basehead: `${base}...${commit}`, per_page: 1 });
  if (data.ahead_by > 0) throw new Failure(`${commit.slice(0, 12)} is not on ${base}; run this on the branch ${base}`);
  return base;
}

interface Tip {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly people: readonly string[];
}

/** The commit at the branch; undefined where there is no such branch. */
async function tipOf(github: GitHub, { repository, branch }: Proposal): Promise<Tip | undefined> {
  const refs = (await github.rest.git.listMatchingRefs({ ...repository, ref: `heads/${branch}` })).data;
  const sha = refs.find(({ ref }) => ref === `refs/heads/${branch}`)?.object.sha;
  if (sha === undefined) return undefined;
  const { tree, parents, message, author, committer } = (await github.rest.git.getCommit({ ...repository, commit_sha: sha })).data;
  return { sha, tree: tree.sha, parents: parents.map((parent) => parent.sha), message, people: [author.name, committer.name] };
}

/** Its one commit is of a workflow, and says that it is for this branch: somebody who changes it becomes its committer. */
function isOurs({ parents, message, people }: Tip, proposal: Proposal): boolean {
  return parents.length === 1 && message.endsWith(trailerOf(proposal)) && people.every((name) => name.endsWith('[bot]'));
}

function trailerOf({ branch }: Proposal): string {
  return `\n\nMip-Proposal: ${branch}`;
}

/** Lets the branch be that one commit; what is so already stays. */
async function pushCommit(github: GitHub, proposal: Proposal, tip: Tip | undefined): Promise<void> {
  const { repository, branch, commit, title, paths } = proposal;
  const base_tree = (await github.rest.git.getCommit({ ...repository, commit_sha: commit })).data.tree.sha;
  const tree = (await github.rest.git.createTree({ ...repository, base_tree, tree: paths.map(treeEntry) })).data.sha;
  const message = `${title}${trailerOf(proposal)}`;
  if (tip?.tree === tree && tip.parents[0] === commit && tip.message === message) return;
  const { sha } = (await github.rest.git.createCommit({ ...repository, message, tree, parents: [commit] })).data;
  if (tip) await github.rest.git.updateRef({ ...repository, ref: `heads/${branch}`, sha, force: true });
  else
    await sendOnce(
      async () => (await github.rest.git.createRef({ ...repository, ref: `refs/heads/${branch}`, sha, ...ONCE })).data.object.sha,
      async () => (await tipOf(github, proposal))?.sha,
    );
}

function treeEntry(path: ProposedPath) {
  return { ...path, type: path.mode === '040000' ? ('tree' as const) : ('blob' as const) };
}

/** The open one of the branch, brought up to date, or a new one. */
async function pullRequestFor(github: GitHub, proposal: Proposal, base: string): Promise<Proposed> {
  const { repository, branch: head, title, body } = proposal;
  const find = () => updated(github, proposal, base);
  const send = async (): Promise<Proposed> => {
    const { data } = await github.rest.pulls.create({ ...repository, title, body, head, base, ...ONCE });
    return { number: data.number, url: data.html_url, made: 'opened' };
  };
  return (await find()) ?? sendOnce(send, find);
}

/** One that somebody else opened for the branch keeps its words. */
async function updated(github: GitHub, { repository, branch, title, body }: Proposal, base: string): Promise<Proposed | undefined> {
  const head = `${repository.owner}:${branch}`;
  const [found] = (await github.rest.pulls.list({ ...repository, head, base, state: 'open', per_page: 1 })).data;
  if (!found) return undefined;
  const { number, html_url: url, user } = found;
  if (user?.login === AUTHOR && (found.title !== title || found.body !== body))
    await github.rest.pulls.update({ ...repository, pull_number: number, title, body });
  return { number, url, made: 'updated' };
}
