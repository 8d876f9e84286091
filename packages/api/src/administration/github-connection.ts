/** A connection to GitHub's API, as an app or with a token, whose failures are sentences without anything secret. */
import { StoreUnavailable } from '@mip/catalog/store';
import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/core';

export interface Repository {
  readonly owner: string;
  readonly repo: string;
}

/** What the secret holds: JSON with the fields of one of these. */
export type Credentials =
  | { readonly token: string }
  | { readonly app_id: string; readonly private_key: string; readonly installation_id?: number };

export interface ConnectionOptions {
  readonly repository: Repository;
  /** Of GitHub Enterprise Server, `https://<host>/api/v3`; GitHub's own by default. */
  readonly apiUrl?: string | undefined;
  /** The text of the secret, which may be remembered for a while. */
  secret(): Promise<string>;
}

/** Beyond it the API's answer would come too late. */
const TIMEOUT_MS = 8000;

/** One request; the parameters and the answer have the types of GitHub's description. */
export type GitHub = Octokit['request'];

/** Connects anew where the secret changed. */
export function githubConnection({ repository, apiUrl, secret }: ConnectionOptions): () => Promise<GitHub> {
  let known: { readonly text: string; readonly github: GitHub } | undefined;
  return async () => {
    const text = await secret();
    if (known?.text !== text) known = { text, github: await connect(credentialsOf(text), repository, apiUrl) };
    return known.github;
  };
}

/** @throws {StoreUnavailable} for what an operator has not put in yet. */
export function credentialsOf(text: string): Credentials {
  const { token, app_id, private_key, installation_id } = parse(text);
  if (typeof token === 'string' && token !== '') return { token };
  const id = typeof app_id === 'number' ? String(app_id) : app_id;
  if (typeof id === 'string' && typeof private_key === 'string')
    return { app_id: id, private_key, ...(installation_id !== undefined && { installation_id: Number(installation_id) }) };
  throw new StoreUnavailable('the secret of GitHub holds neither token nor app_id and private_key; put them in', false);
}

function parse(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

async function connect(credentials: Credentials, repository: Repository, baseUrl?: string): Promise<GitHub> {
  const options = { ...(baseUrl !== undefined && { baseUrl }), userAgent: 'mip', request: { fetch: inTime } };
  if ('token' in credentials) return new Octokit({ ...options, auth: credentials.token }).request;
  const { app_id: appId, private_key: privateKey, installation_id: given } = credentials;
  const as = (auth: object) => new Octokit({ ...options, authStrategy: createAppAuth, auth: { appId, privateKey, ...auth } }).request;
  const installationId = given ?? (await asked(as({})('GET /repos/{owner}/{repo}/installation', { ...repository }))).data.id;
  return as({ installationId });
}

const inTime: typeof fetch = (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });

/** What GitHub refused, for the store to decide what it means. */
export class GitHubRefusal extends Error {
  override readonly name = 'GitHubRefusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** An answer, or why there is none. @throws {GitHubRefusal} 404, 409 and 422. @throws {StoreUnavailable} for all else. */
export async function asked<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    const { status = 500, message = '', response } = error as Failure;
    if (status === 404 || status === 409 || status === 422) throw new GitHubRefusal(status, message);
    const limited = response?.headers?.['x-ratelimit-remaining'] === '0' || response?.headers?.['retry-after'] !== undefined;
    if (status === 401 || (status === 403 && !limited))
      throw new StoreUnavailable(
        'GitHub does not let this platform in; look at its secret and at the rights of its app or token',
        false,
        error,
      );
    if (status === 403 || status === 429) throw new StoreUnavailable('GitHub limits the rate', true, error);
    if (error instanceof StoreUnavailable) throw error;
    throw new StoreUnavailable('GitHub does not answer', true, error);
  }
}

interface Failure {
  readonly status?: number;
  readonly message?: string;
  readonly response?: { readonly headers?: Readonly<Record<string, string | undefined>> };
}
