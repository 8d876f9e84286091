/** The client that the actions use, for a test. */
import { getOctokit } from '@actions/github';
import type { TokenOptions } from './actor.ts';
import type { GitHubDouble } from './double.ts';

export type Client = ReturnType<typeof getOctokit>;

export function client(github: GitHubDouble, options?: TokenOptions): Client {
  return getOctokit(github.token(options), { baseUrl: github.url });
}

/** What an octokit throws, as far as a test asserts it. */
export interface Refused {
  readonly status: number;
  readonly message: string;
  readonly response?: { readonly headers: Readonly<Record<string, string | undefined>> };
}

/** @throws Error where the call was answered well. */
export async function refused(call: Promise<unknown>): Promise<Refused> {
  const answer = await call.then(
    () => undefined,
    (fault: Refused) => fault,
  );
  if (!answer) throw new Error('it was not refused');
  return answer;
}
