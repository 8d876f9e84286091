/** The one comment that MIP keeps on a pull request for each platform. */
import { type Body, parseBody, renderBody, type Section } from './comment-body.ts';
import { AUTHOR, type GitHub, ONCE, type Repository, sendOnce } from './github.ts';

export interface Thread {
  readonly repository: Repository;
  readonly pullRequest: number;
  readonly platform: string;
}

interface Comment {
  readonly id: number;
  readonly url: string;
  readonly text: string;
  readonly body: Body;
}

/** Writes one section, and a notice or none above all of them; the other sections stay. @returns the comment's address. */
export async function writeSection(
  github: GitHub,
  thread: Thread,
  section: Section,
  { markdown, notice }: { readonly markdown: string; readonly notice?: string | null },
): Promise<string> {
  const change = (body: Body): Body => ({
    ...(notice === undefined ? { notice: body.notice } : { notice: notice ?? undefined }),
    sections: { ...body.sections, [section]: markdown },
  });
  const found = await findComment(github, thread);
  return found ? update(github, thread, found, change) : create(github, thread, change);
}

/** Puts a notice above a comment that is there. */
export async function writeNotice(github: GitHub, thread: Thread, notice: string): Promise<void> {
  const found = await findComment(github, thread);
  if (found) await update(github, thread, found, (body) => ({ ...body, notice }));
}

type Change = (body: Body) => Body;

/** What somebody else wrote with our marker is none of ours. */
async function findComment(github: GitHub, { repository, pullRequest, platform }: Thread): Promise<Comment | undefined> {
  const pages = github.paginate.iterator(github.rest.issues.listComments, { ...repository, issue_number: pullRequest, per_page: 100 });
  for await (const { data } of pages) {
    for (const { id, user, html_url: url, body: text = '' } of data) {
      const body = user?.login === AUTHOR ? parseBody(platform, text) : undefined;
      if (body) return { id, url, text, body };
    }
  }
  return undefined;
}

async function update(github: GitHub, { repository, platform }: Thread, { id, url, text, body }: Comment, change: Change): Promise<string> {
  const changed = renderBody(platform, change(body));
  if (changed !== text) await github.rest.issues.updateComment({ ...repository, comment_id: id, body: changed });
  return url;
}

async function create(github: GitHub, thread: Thread, change: Change): Promise<string> {
  const { repository, pullRequest, platform } = thread;
  const body = renderBody(platform, change({ sections: {} }));
  const send = async () =>
    (await github.rest.issues.createComment({ ...repository, issue_number: pullRequest, body, ...ONCE })).data.html_url;
  const find = async () => {
    const found = await findComment(github, thread);
    return found && update(github, thread, found, change);
  };
  return sendOnce(send, find);
}
