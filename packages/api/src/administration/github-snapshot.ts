/** The catalog at one commit of a repository on GitHub. What Git names by its hash never changes, and is remembered. */
import { DOCUMENT_LIMITS } from '@mip/catalog/document';
import { type Listed, type Snapshot, type StoredFile, StoreUnavailable } from '@mip/catalog/store';
import { asked, type GitHub, GitHubRefusal, type Repository } from './github-connection.ts';

interface Entry extends Listed {
  readonly sha: string;
  readonly mode: string;
}

/** Trees and files by their hashes; the oldest goes first. */
export class ObjectCache {
  readonly #kept = new Map<string, unknown>();
  readonly #most: number;

  constructor(most = 2000) {
    this.#most = most;
  }

  async get<T>(sha: string, read: () => Promise<T>): Promise<T> {
    if (this.#kept.has(sha)) return this.#kept.get(sha) as T;
    const value = await read();
    if (this.#kept.size >= this.#most) this.#kept.delete(this.#kept.keys().next().value ?? '');
    this.#kept.set(sha, value);
    return value;
  }
}

export interface Commit {
  readonly repository: Repository;
  readonly sha: string;
  readonly tree: string;
  /** Where in the repository the catalog lies: `''`, or a path that ends in a slash. */
  readonly prefix: string;
}

export class GitHubSnapshot implements Snapshot {
  readonly github: GitHub;
  readonly commit: Commit;
  readonly #objects: ObjectCache;

  constructor(github: GitHub, commit: Commit, objects: ObjectCache) {
    this.github = github;
    this.commit = commit;
    this.#objects = objects;
  }

  /** A link is no file. */
  async read(path: string): Promise<StoredFile | undefined> {
    const slash = path.lastIndexOf('/');
    const folder = await this.#folder(path.slice(0, Math.max(0, slash)));
    const entry = folder.find(({ name }) => name === path.slice(slash + 1));
    if (!entry || !/^100/.test(entry.mode) || (entry.size ?? 0) > DOCUMENT_LIMITS.bytes) return undefined;
    const text = await this.#objects.get(entry.sha, () => this.#blob(entry.sha));
    return text === undefined ? undefined : { text, hash: entry.sha };
  }

  async list(folder: string): Promise<readonly Listed[]> {
    return (await this.#folder(folder)).map(({ name, kind, size }) => ({ name, kind, ...(size !== undefined && { size }) }));
  }

  /** One tree after the other, from the top: no call asks for more than a folder. */
  async #folder(path: string): Promise<readonly Entry[]> {
    let sha = this.commit.tree;
    for (const name of `${this.commit.prefix}${path}`.split('/').filter((part) => part !== '')) {
      const found = (await this.#tree(sha)).find((entry) => entry.kind === 'folder' && entry.name === name);
      if (!found) return [];
      sha = found.sha;
    }
    return this.#tree(sha);
  }

  #tree(tree_sha: string): Promise<readonly Entry[]> {
    return this.#objects.get(tree_sha, async () => {
      const { data } = await this.#asked(
        this.github('GET /repos/{owner}/{repo}/git/trees/{tree_sha}', { ...this.commit.repository, tree_sha }),
      );
      if (data.truncated) throw new StoreUnavailable('a folder of the catalog has more entries than GitHub lists', false);
      return data.tree.flatMap(({ path: name = '', mode = '', type, sha = '', size }): Entry[] => {
        if (type !== 'blob' && type !== 'tree') return [];
        return [{ name, mode, sha, kind: type === 'blob' ? 'file' : 'folder', ...(size !== undefined && { size }) }];
      });
    });
  }

  /** Nothing where it is no UTF-8. */
  async #blob(file_sha: string): Promise<string | undefined> {
    const { data } = await this.#asked(
      this.github('GET /repos/{owner}/{repo}/git/blobs/{file_sha}', { ...this.commit.repository, file_sha }),
    );
    const bytes = Buffer.from(data.content, 'base64');
    return Buffer.from(bytes.toString()).equals(bytes) ? bytes.toString() : undefined;
  }

  async #asked<T>(request: Promise<T>): Promise<T> {
    try {
      return await asked(request);
    } catch (error) {
      if (!(error instanceof GitHubRefusal)) throw error;
      throw new StoreUnavailable('GitHub does not show the catalog as it should', true, error);
    }
  }
}
