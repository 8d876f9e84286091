/** The pull request that a run is about. */
import { getExecOutput } from '@actions/exec';
import { Failure, type Place } from './action.ts';
import type { GitHub, Repository } from './github.ts';

export interface PullRequest {
  readonly number: number;
  /** The commit at its head now. */
  readonly head: string;
  /** Whether its branch lies in another repository, whose runs get no rights here. */
  readonly fork: boolean;
}

/** Whether the run itself was started by a fork's pull request, or by a bot's that GitHub treats alike: it gets no token that writes. */
export function withoutRights({ event, payload, actor }: Place): boolean {
  if (event !== 'pull_request') return false;
  const pullRequest = payload.pull_request;
  return pullRequest?.head?.repo?.full_name !== pullRequest?.base?.repo?.full_name || actor === 'dependabot[bot]';
}

export async function readPullRequest(github: GitHub, repository: Repository, number: number): Promise<PullRequest> {
  const { data } = await github.rest.pulls.get({ ...repository, pull_number: number });
  return { number, head: data.head.sha, fork: data.head.repo?.full_name !== data.base.repo.full_name };
}

/** The commit that lies in a folder. @throws {Failure} where it is no Git repository. */
export async function checkedOut(root: string): Promise<string> {
  const done = await getExecOutput('git', ['rev-parse', '--verify', 'HEAD'], { cwd: root, silent: true, ignoreReturnCode: true });
  if (done.exitCode !== 0) throw new Failure(`${root} is no Git repository: check it out with actions/checkout`);
  return done.stdout.trim();
}

/**
 * The commit of the pull request that was checked out: the merge that GitHub makes of it stands for its head.
 * @throws {Failure} where something else lies there.
 */
export async function plannedCommit(root: string, { payload, sha }: Place): Promise<string> {
  const commit = await checkedOut(root);
  return commit === sha && payload.pull_request ? payload.pull_request.head.sha : commit;
}
