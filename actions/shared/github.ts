/** A connection to GitHub's API that tries again what may be tried again, and says in a sentence what it may not do. */
import { getOctokit } from '@actions/github';
import { retry } from '@octokit/plugin-retry';

export type GitHub = Octokit;
export interface Repository {
  readonly owner: string;
  readonly repo: string;
}

/** Who the workflow's own token writes as. */
export const AUTHOR = 'github-actions[bot]';
/** Parameters of a call that has to be sent by `sendOnce`. */
export const ONCE = { request: { retries: 0 } } as const;

/** The longest that GitHub may ask to wait, in seconds. */
const LONGEST_WAIT = 60;
const TRIES = 3;

/** What GitHub refused or did not answer; the message is a sentence. */
export class GitHubFailure extends Error {
  override readonly name = 'GitHubFailure';
  /** HTTP; 500 also where the connection broke. */
  readonly status: number;

  constructor(message: string, status: number, cause: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

/** What is known of a failed request, whichever library made it. */
interface Refusal {
  readonly status?: number;
  readonly message?: string;
  readonly request?: { readonly method?: string; readonly url?: string };
  readonly response?: { readonly headers?: Readonly<Record<string, string | number | undefined>>; readonly data?: { message?: string } };
}

type Octokit = ReturnType<typeof getOctokit>;

/** @param token of the workflow; never printed. */
export function connect(token: string): Octokit {
  const octokit = getOctokit(token, { retry: { doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451] } }, asItAsks as never, retry);
  octokit.hook.wrap('request', async (request, options) => {
    try {
      return await request(options);
    } catch (error) {
      throw failureOf(error as Refusal);
    }
  });
  return octokit;
}

/** For what must not be there twice: where the answer got lost, what is there is looked up before it is sent again. */
export async function sendOnce<T>(send: () => Promise<T>, find: () => Promise<T | undefined>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof GitHubFailure) || error.status < 500) throw error;
    return (await find()) ?? send();
  }
}

/** A plugin before that of retries: where GitHub says when to come again, it is when it says. */
function asItAsks(octokit: Octokit): void {
  octokit.hook.error('request', (error) => {
    const wait = waitOf(error as Refusal);
    if (wait === undefined) throw error;
    throw (octokit as Octokit & ReturnType<typeof retry>).retry.retryRequest(error as never, TRIES, wait);
  });
}

/** Seconds that GitHub asks to wait where it limits a rate, if that is not too long. */
function waitOf({ status, response }: Refusal): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const wait = Number(response?.headers?.['retry-after']);
  return wait > 0 && wait <= LONGEST_WAIT ? wait : undefined;
}

function failureOf(error: Refusal): GitHubFailure {
  const { status = 500, request, response } = error;
  const what = `${request?.method ?? 'a request'} ${pathOf(request?.url)}`;
  return new GitHubFailure(`${what}: ${reasonOf(status, response)}`, status, error);
}

function reasonOf(status: number, response: Refusal['response']): string {
  const said = response?.data?.message ? ` (GitHub says: ${response.data.message})` : '';
  if (status === 401) return `GitHub does not accept the token; give the step \`github-token\`${said}`;
  if (status === 403 && response?.headers?.['x-ratelimit-remaining'] === '0')
    return 'the rate limit of the token is used up; run it again later';
  if (status === 403) return `the token may not do that; add it to \`permissions\` of the job${said}`;
  if (status === 404) return `GitHub does not find it, or the token may not see it${said}`;
  if (status === 422 || status === 409) return `GitHub refuses it${said}`;
  if (status === 429) return 'GitHub limits the rate; run it again later';
  return `GitHub did not answer as it should (${status}); whether it took effect is seen by the next run`;
}

function pathOf(url: string | undefined): string {
  try {
    return new URL(url ?? '').pathname;
  } catch {
    return '';
  }
}
