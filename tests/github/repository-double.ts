/** A repository as a test sees it: what people and other workflows do in it, and what has become of it. */
import { addIssue, followBranches, mergePullRequest, mergeTitle, openPullRequest, setState } from './pull-request.ts';
import type {
  CheckRun,
  Comment,
  CommitStatus,
  Deployment,
  Dispatch,
  Issue,
  Job,
  Label,
  PullRequest,
  Review,
  Role,
  WorkflowRun,
} from './records.ts';
import type { GitHubState, Repository } from './state.ts';

/** A merged or open pull request, with what it shares with issues. */
export interface SeenPullRequest extends Issue, Pick<PullRequest, 'base' | 'merged'> {
  readonly head: { readonly repository: string; readonly ref: string; readonly sha: string };
}

interface NewIssue {
  readonly title: string;
  readonly body?: string;
  readonly login?: string;
  readonly labels?: readonly string[];
}

interface NewPullRequest extends Omit<NewIssue, 'labels' | 'title'> {
  /** A branch. */
  readonly head: string;
  /** Where the branch is, if not here. */
  readonly fork?: RepositoryDouble;
  readonly base?: string;
  readonly title?: string;
  readonly draft?: boolean;
}

interface NewRun extends Partial<Omit<WorkflowRun, 'id' | 'jobs'>> {
  readonly jobs: readonly (Omit<Job, 'id' | 'steps'> & Partial<Pick<Job, 'steps'>>)[];
}

export class RepositoryDouble {
  readonly #github: GitHubState;
  readonly #own: Repository;

  constructor(github: GitHubState, own: Repository) {
    this.#github = github;
    this.#own = own;
  }

  /** Like `octo/catalog`. */
  get fullName(): string {
    return this.#own.fullName;
  }

  /** The bare repository on disk: to clone from and to push to. */
  get directory(): string {
    return this.#own.git.directory;
  }

  /** Commits files to a branch, which is made from `from` if there is none yet. Null removes a file. @returns the commit. */
  push(
    branch: string,
    files: Readonly<Record<string, string | null>>,
    { from = 'main', message = 'Change', login = 'octocat' } = {},
  ): string {
    const { git } = this.#own;
    const tip = git.resolve(`refs/heads/${branch}`) ?? git.resolve(`refs/heads/${from}`);
    const edits = Object.entries(files).map(([path, text]) => ({ path, mode: '100644', sha: text === null ? null : git.writeBlob(text) }));
    const person = { name: login, email: `${login}@users.noreply.github.com`, date: this.#github.now };
    const tree = git.writeTree(tip, edits);
    const sha = git.writeCommit({ tree, parents: tip ? [tip] : [], message, author: person, committer: person });
    git.setRef(`refs/heads/${branch}`, sha);
    return sha;
  }

  deleteBranch(branch: string): void {
    this.#own.git.removeRef(`refs/heads/${branch}`);
  }

  /** The commit behind a branch, a tag or a SHA. */
  commit(ref: string): string | undefined {
    return this.#own.git.commit(ref);
  }

  /** The text of a file at a branch, a tag or a SHA. */
  file(ref: string, path: string): string | undefined {
    const sha = this.commit(ref);
    const entry = sha ? this.#own.git.entry(sha, path) : undefined;
    return entry && this.#own.git.blob(entry.sha)?.toString();
  }

  /** Names of all branches. */
  get branches(): readonly string[] {
    return this.#own.git.refs('refs/heads/').map(({ ref }) => ref.slice('refs/heads/'.length));
  }

  collaborator(login: string, role: Role): void {
    this.#own.collaborators.set(login, role);
  }

  /** "Allow GitHub Actions to create and approve pull requests" of the settings; it is on until a test says otherwise. */
  set actionsMayOpenPullRequests(allowed: boolean) {
    this.#own.actionsMayOpenPullRequests = allowed;
  }

  /** Somebody opens a pull request for a branch that was pushed, here or to a fork. @returns its number. */
  pullRequest(own: NewPullRequest): number {
    const { head: ref, base = 'main', title = `Pull ${ref}`, body = null, login = 'octocat', draft = false, fork = this } = own;
    const head = { repository: fork.#own, ref };
    return openPullRequest(this.#github, this.#own, { login, title, body, draft, base, head }).number;
  }

  /** @returns the merge commit. */
  merge(number: number, { login = 'octocat', method = 'merge' }: { login?: string; method?: 'merge' | 'squash' } = {}): string {
    const own = this.#own.pullRequests.get(number);
    const issue = this.#own.issues.get(number);
    if (!own || !issue) throw new Error(`#${number} is no pull request`);
    const words = { title: mergeTitle(own, issue.title, method), message: '' };
    return mergePullRequest(this.#github, this.#own, own, { login, method, ...words });
  }

  /** Somebody reviews the head of a pull request. @returns the review's id. */
  review(number: number, { login, state, body = '' }: { login: string; state: Review['state']; body?: string }): number {
    followBranches(this.#github, this.#own);
    const commit = this.#own.pullRequests.get(number)?.head.sha ?? '';
    const { nextId: id, now: at } = this.#github;
    this.#own.reviews.push({ id, pullRequest: number, login, state, body, commit, at });
    return id;
  }

  /** A review is dismissed: it stays, at its time, and counts no more. */
  dismiss(id: number): void {
    const found = this.#own.reviews.find((own) => own.id === id);
    if (found) found.state = 'DISMISSED';
  }

  /** @returns its number. */
  issue({ title, body, login = 'octocat', labels = [] }: NewIssue): number {
    const own = addIssue(this.#github, this.#own, { title, body: body ?? null, login });
    for (const name of labels) this.label(name);
    own.labels = [...labels];
    return own.number;
  }

  close(number: number, login = 'octocat'): void {
    const issue = this.#own.issues.get(number);
    if (issue) setState(this.#github, issue, 'closed', login);
  }

  label(name: string): void {
    this.#own.labels.set(name.toLowerCase(), { id: this.#github.nextId, name, color: 'ededed', description: null });
  }

  /** Somebody comments. @returns the comment's id. */
  comment(number: number, { login = 'octocat', body }: { login?: string; body: string }): number {
    const { nextId: id, now } = this.#github;
    this.#own.comments.set(id, { id, issue: number, login, body, created: now, updated: now });
    return id;
  }

  /** Somebody changes or, with null, deletes a comment by hand. */
  editComment(id: number, body: string | null): void {
    const own = this.#own.comments.get(id);
    if (own && body !== null) Object.assign(own, { body, updated: this.#github.now });
    if (body === null) this.#own.comments.delete(id);
  }

  /** A run of a workflow, whose jobs lead to logs. @returns its id, which is `GITHUB_RUN_ID`. */
  workflowRun(own: NewRun): number {
    const { workflow = '.github/workflows/catalog-apply.yml', event = 'push', branch = 'main', login = 'octocat', attempt = 1 } = own;
    const { nextId: id, now: at } = this.#github;
    const sha = own.sha ?? this.commit(branch) ?? '';
    const jobs = own.jobs.map((job) => ({ steps: [], ...job, id: this.#github.nextId }));
    this.#own.runs.set(id, { id, workflow, event, branch, sha, login, attempt, at, jobs });
    return id;
  }

  /** All pull requests, by number. */
  get pullRequests(): readonly SeenPullRequest[] {
    return [...this.#own.pullRequests.values()].flatMap((own) => {
      const issue = this.#own.issues.get(own.number);
      const head = { repository: own.head.repository.fullName, ref: own.head.ref, sha: own.head.sha };
      return issue ? [{ ...issue, head, base: own.base, ...(own.merged && { merged: own.merged }) }] : [];
    });
  }

  /** All issues, by number, without the pull requests. */
  get issues(): readonly Issue[] {
    return [...this.#own.issues.values()].filter(({ number }) => !this.#own.pullRequests.has(number));
  }

  get labels(): readonly Label[] {
    return [...this.#own.labels.values()];
  }

  /** Of an issue or a pull request, oldest first. */
  comments(number: number): readonly Comment[] {
    return [...this.#own.comments.values()].filter(({ issue }) => issue === number);
  }

  /** Of a commit, oldest first. */
  checks(sha: string): readonly CheckRun[] {
    return [...this.#own.checks.values()].filter((own) => own.sha === sha);
  }

  /** Of a commit, oldest first. */
  statuses(sha: string): readonly CommitStatus[] {
    return this.#own.statuses.filter((own) => own.sha === sha);
  }

  /** To an environment, oldest first. */
  deployments(environment: string): readonly Deployment[] {
    return [...this.#own.deployments.values()].filter((own) => own.environment === environment);
  }

  /** Workflows that were started by hand. */
  get dispatches(): readonly Dispatch[] {
    return this.#own.dispatches;
  }
}
