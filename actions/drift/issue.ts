/** The one issue that a platform's drift has on GitHub. */
import { AUTHOR, type GitHub, GitHubFailure, ONCE, type Repository, sendOnce } from '../shared/github.ts';
import { markerOf } from './words.ts';

export interface OpenIssue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
}

interface Thread {
  readonly repository: Repository;
  readonly platform: string;
}

/** The oldest that is open; what somebody else wrote with our marker is none of ours, and pull requests are no issues though GitHub lists them. */
export async function findIssue(github: GitHub, { repository, platform }: Thread): Promise<OpenIssue | undefined> {
  const oldestFirst = { sort: 'created', direction: 'asc' } as const;
  const filter = { ...repository, state: 'open', creator: AUTHOR, per_page: 100, ...oldestFirst } as const;
  for await (const { data } of github.paginate.iterator(github.rest.issues.listForRepo, filter)) {
    const found = data.find(
      ({ user, pull_request, body }) => user?.login === AUTHOR && !pull_request && body?.startsWith(markerOf(platform)),
    );
    if (found) return { number: found.number, title: found.title, body: (found.body ?? '').replaceAll('\r\n', '\n') };
  }
  return undefined;
}

interface NewIssue {
  readonly title: string;
  readonly body: string;
  /** `''` for none. */
  readonly label: string;
}

/** @returns its number. */
export async function openIssue(github: GitHub, thread: Thread, { title, body, label }: NewIssue): Promise<number> {
  const { repository } = thread;
  if (label) await makeLabel(github, repository, label);
  const issue = { ...repository, title, body, ...(label && { labels: [label] }), ...ONCE };
  const send = async () => (await github.rest.issues.create(issue)).data.number;
  return sendOnce(send, async () => (await findIssue(github, thread))?.number);
}

/** Unless it is there, whatever its colour. */
async function makeLabel(github: GitHub, repository: Repository, name: string): Promise<void> {
  try {
    await github.rest.issues.getLabel({ ...repository, name });
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
    const label = { ...repository, name, color: 'd4a72c', description: 'What runs is not what Git says' };
    await github.rest.issues.createLabel(label).catch((refusal) => {
      if (!isStatus(refusal, 422)) throw refusal; // another run made it meanwhile, or its answer got lost
    });
  }
}

/** Unless it is the last thing that we said there. */
export async function commentOnce(
  github: GitHub,
  { repository, issue: issue_number }: { readonly repository: Repository; readonly issue: number },
  body: string,
): Promise<void> {
  const [marker = ''] = body.split('\n');
  const find = async () => {
    const comments = await github.paginate(github.rest.issues.listComments, { ...repository, issue_number, per_page: 100 });
    const last = comments.filter(({ user }) => user?.login === AUTHOR).at(-1);
    return last?.body?.startsWith(marker) ? last.id : undefined;
  };
  const send = async () => (await github.rest.issues.createComment({ ...repository, issue_number, body, ...ONCE })).data.id;
  if ((await find()) === undefined) await sendOnce(send, find);
}

function isStatus(error: unknown, status: number): boolean {
  return error instanceof GitHubFailure && error.status === status;
}
