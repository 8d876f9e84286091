/** The catalog in a repository on GitHub: a change is a branch with one commit, and its pull request. */
import { createHash } from 'node:crypto';
import { type CatalogChange, type CatalogStore, type Proposed, StoreConflict, StoreUnavailable } from '@mip/catalog/store';
import { asked, type ConnectionOptions, type GitHub, GitHubRefusal, githubConnection, type Repository } from './github-connection.ts';
import { GitHubSnapshot, ObjectCache } from './github-snapshot.ts';

export interface GitHubStoreOptions extends ConnectionOptions {
  /** That changes are merged into. */
  readonly branch: string;
  /** The folder of the repository that the catalog lies in; its top by default. */
  readonly path?: string | undefined;
}

export class GitHubStore implements CatalogStore<GitHubSnapshot> {
  readonly #repository: Repository;
  readonly #branch: string;
  readonly #prefix: string;
  readonly #connect: () => Promise<GitHub>;
  readonly #objects = new ObjectCache();

  constructor({ branch, path = '', ...connection }: GitHubStoreOptions) {
    this.#repository = connection.repository;
    this.#branch = branch;
    this.#prefix = path === '' ? '' : `${path}/`;
    this.#connect = githubConnection(connection);
  }

  async open(): Promise<GitHubSnapshot> {
    const github = await refused(this.#connect(), 'GitHub does not show the repository of the catalog to this platform');
    const where = { ...this.#repository, ref: `heads/${this.#branch}` };
    const head = await refused(
      asked(github('GET /repos/{owner}/{repo}/git/ref/{ref}', where)),
      'GitHub does not show the branch of the catalog',
    );
    const sha = head.data.object.sha;
    const tree = await this.#objects.get(`commit ${sha}`, async () => (await this.#commit(github, sha)).tree.sha);
    return new GitHubSnapshot(github, { repository: this.#repository, sha, tree, prefix: this.#prefix }, this.#objects);
  }

  /** By the name of the branch, which follows from the change, its repetition finds what was proposed, or finishes it. */
  async propose({ github, commit }: GitHubSnapshot, change: CatalogChange): Promise<Proposed> {
    const branch = branchOf(change);
    const found = await this.#pullRequest(github, branch);
    if (found) return found;
    try {
      await this.#push(github, commit, branch, change);
      return await this.#open(github, branch, change);
    } catch (error) {
      if (!(error instanceof GitHubRefusal)) throw error;
      throw new StoreUnavailable('GitHub refuses the branch or its pull request; look at the rights of the app or the token', false, error);
    }
  }

  async #commit(github: GitHub, commit_sha: string) {
    const request = github('GET /repos/{owner}/{repo}/git/commits/{commit_sha}', { ...this.#repository, commit_sha });
    return (await refused(asked(request), 'GitHub does not show the commit of the catalog')).data;
  }

  /** The open one of a branch. */
  async #pullRequest(github: GitHub, branch: string): Promise<Proposed | undefined> {
    const query = { head: `${this.#repository.owner}:${branch}`, base: this.#branch, state: 'open' as const, per_page: 1 };
    const request = github('GET /repos/{owner}/{repo}/pulls', { ...this.#repository, ...query });
    const [found] = (await refused(asked(request), 'GitHub does not show the pull requests of the catalog')).data;
    return found && { state: 'proposed', url: found.html_url };
  }

  /** One commit on top of what was read. */
  async #push(
    github: GitHub,
    { sha: parent, tree: base_tree }: GitHubSnapshot['commit'],
    branch: string,
    change: CatalogChange,
  ): Promise<void> {
    const entries = change.files.map(({ path, text }) => {
      const at = { path: `${this.#prefix}${path}`, mode: '100644' as const, type: 'blob' as const };
      return text === null ? { ...at, sha: null } : { ...at, content: text };
    });
    const tree = (await asked(github('POST /repos/{owner}/{repo}/git/trees', { ...this.#repository, base_tree, tree: entries }))).data.sha;
    const own = { message: `${change.title}${trailerOf(branch)}`, tree, parents: [parent] };
    const { sha } = (await asked(github('POST /repos/{owner}/{repo}/git/commits', { ...this.#repository, ...own }))).data;
    try {
      await asked(github('POST /repos/{owner}/{repo}/git/refs', { ...this.#repository, ref: `refs/heads/${branch}`, sha }));
    } catch (error) {
      if (!(error instanceof GitHubRefusal)) throw error;
      await this.#moveBranch(github, branch, sha);
    }
  }

  /** It was left by a call that died, or by a pull request that was closed or merged. @throws {StoreConflict} where people committed to it. */
  async #moveBranch(github: GitHub, branch: string, sha: string): Promise<void> {
    const ref = `heads/${branch}`;
    const tip = await asked(github('GET /repos/{owner}/{repo}/git/ref/{ref}', { ...this.#repository, ref }));
    const { message, parents } = await this.#commit(github, tip.data.object.sha);
    if (!message.endsWith(trailerOf(branch)) || parents.length !== 1)
      throw new StoreConflict(`somebody committed to the branch ${branch}; merge it, or delete it`);
    await asked(github('PATCH /repos/{owner}/{repo}/git/refs/{ref}', { ...this.#repository, ref, sha, force: true }));
  }

  async #open(github: GitHub, head: string, { title, body }: CatalogChange): Promise<Proposed> {
    const own = { title, body, head, base: this.#branch };
    try {
      const { data } = await asked(github('POST /repos/{owner}/{repo}/pulls', { ...this.#repository, ...own }));
      return { state: 'proposed', url: data.html_url };
    } catch (error) {
      // The same call at the same moment was faster.
      const found = error instanceof GitHubRefusal ? await this.#pullRequest(github, head) : undefined;
      if (!found) throw error;
      return found;
    }
  }
}

/** The same change has the same branch: that of the same files from the same contents. */
function branchOf({ name, files }: CatalogChange): string {
  const hash = createHash('sha256').update(JSON.stringify(files.map(({ path, text, was }) => [path, text, was ?? null])));
  return `mip/catalog/${name}-${hash.digest('hex').slice(0, 12)}`;
}

function trailerOf(branch: string): string {
  return `\n\nMip-Proposal: ${branch}`;
}

/** Where GitHub says that something is not there, or may not be seen, only an operator can help. */
async function refused<T>(call: Promise<T>, sentence: string): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof GitHubRefusal)) throw error;
    throw new StoreUnavailable(sentence, false, error);
  }
}
