/** What the double remembers. Files and commits are in Git. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ACTIONS, type Actor, actorOf, type TokenOptions } from './actor.ts';
import { type App, newApp, signer } from './app.ts';
import { Git } from './git.ts';
import type { Permissions } from './permissions.ts';
import type {
  CheckRun,
  Comment,
  CommitStatus,
  Deployment,
  Dispatch,
  Issue,
  Label,
  Membership,
  PullRequest,
  Review,
  Role,
  WorkflowRun,
} from './records.ts';

export class Repository {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly git: Git;
  readonly parent: Repository | undefined;
  readonly created: string;
  readonly collaborators = new Map<string, Role>();
  /** "Allow GitHub Actions to create and approve pull requests" of the repository's settings. */
  actionsMayOpenPullRequests = true;
  readonly issues = new Map<number, Issue>();
  readonly pullRequests = new Map<number, PullRequest>();
  readonly labels = new Map<string, Label>();
  readonly comments = new Map<number, Comment>();
  readonly checks = new Map<number, CheckRun>();
  readonly deployments = new Map<number, Deployment>();
  readonly runs = new Map<number, WorkflowRun>();
  readonly statuses: CommitStatus[] = [];
  readonly reviews: Review[] = [];
  readonly dispatches: Dispatch[] = [];

  constructor(own: Pick<Repository, 'created' | 'git' | 'id' | 'name' | 'owner' | 'parent'>) {
    this.id = own.id;
    this.owner = own.owner;
    this.name = own.name;
    this.git = own.git;
    this.parent = own.parent;
    this.created = own.created;
  }

  get fullName(): string {
    return `${this.owner}/${this.name}`;
  }

  get nextNumber(): number {
    return this.issues.size + 1;
  }

  get defaultBranch(): string {
    return this.git.run(['symbolic-ref', '--short', 'HEAD']);
  }
}

export class GitHubState {
  /** Where the API is, without a slash at the end. */
  url = '';
  /** Of teams, as `org/team/login` in lower case. */
  readonly memberships = new Map<string, Membership>();
  readonly apps: App[] = [];
  readonly #folder: string;
  readonly #repositories = new Map<string, Repository>();
  readonly #tokens = new Map<string, Actor>();
  readonly #ids = new Map<string, number>([[ACTIONS.login, ACTIONS.user]]);
  #lastId = 1000;

  /** @param folder an empty one, that goes with `remove`. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  get nextId(): number {
    return ++this.#lastId;
  }

  /** GitHub keeps whole seconds. */
  get now(): string {
    return new Date().toISOString().replace(/\.\d+/, '');
  }

  get first(): Repository {
    const [repository] = this.#repositories.values();
    if (!repository) throw new Error('The double has no repository');
    return repository;
  }

  repository(fullName: string): Repository | undefined {
    return this.#repositories.get(fullName.toLowerCase());
  }

  /** A fork starts with everything that its parent has. */
  addRepository(fullName: string, parent?: Repository): Repository {
    const [owner = '', name = ''] = fullName.split('/');
    const git = Git.create(join(this.#folder, owner, `${name}.git`));
    if (parent) git.run(['fetch', '--quiet', parent.git.directory, '+refs/heads/*:refs/heads/*']);
    const repository = new Repository({ id: this.nextId, owner, name, git, parent, created: this.now });
    this.#repositories.set(fullName.toLowerCase(), repository);
    return repository;
  }

  addToken(options: TokenOptions): string {
    const token = `ghs_double${String(this.nextId).padStart(30, '0')}`;
    this.#tokens.set(token, actorOf(options));
    return token;
  }

  /** @param authorization the header. */
  actor(authorization: string): Actor | undefined {
    const token = authorization.replace(/^(token|bearer) /i, '');
    return this.#tokens.get(token) ?? signer(this.apps, token);
  }

  /** Installed on the first repository. */
  addApp(slug: string, permissions: Permissions): App {
    const app = newApp({ id: this.idOf(`${slug}[bot]`), slug, installation: this.nextId, permissions });
    this.apps.push(app);
    return app;
  }

  /** A number for a name (a login, an app, a check suite), the same each time. */
  idOf(name: string): number {
    const known = this.#ids.get(name) ?? this.nextId;
    this.#ids.set(name, known);
    return known;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
