/** The pull request that a run is about. */
import type { Place } from './action.ts';
import { checkedOut } from './checkout.ts';
import type { GitHub, Repository } from './github.ts';

/** Whether the run itself was started by a fork's pull request, or by a bot's that GitHub treats alike: it gets no token that writes. */
export function withoutRights({ event, payload, actor }: Place): boolean {
  if (event !== 'pull_request') return false;
  const pullRequest = payload.pull_request;
  return pullRequest?.head?.repo?.full_name !== pullRequest?.base?.repo?.full_name || actor === 'dependabot[bot]';
}

/** The commit at the head of a pull request now. */
export async function headOf(github: GitHub, repository: Repository, number: number): Promise<string> {
  return (await github.rest.pulls.get({ ...repository, pull_number: number })).data.head.sha;
}

/** The commit of the pull request that was checked out: the merge that GitHub makes of it stands for its head. */
export async function plannedCommit(root: string, { payload, sha }: Place): Promise<string> {
  const commit = await checkedOut(root);
  return commit === sha && payload.pull_request ? payload.pull_request.head.sha : commit;
}

/** GitHub lists this many files of a pull request, and no more. */
const MOST_FILES = 3000;

/** Whether a pull request touches a file whose path is such; also where nobody can know. */
export async function touches(github: GitHub, repository: Repository, pull_number: number, paths: RegExp): Promise<boolean> {
  const files = await github.paginate(github.rest.pulls.listFiles, { ...repository, pull_number, per_page: 100 });
  const touched = files.flatMap(({ filename, previous_filename }) => [filename, previous_filename ?? filename]);
  return files.length >= MOST_FILES || touched.some((file) => paths.test(file));
}
