/** A record that a workflow keeps in a check run of a commit: a comment can be edited, a check run only by the app that made it. */
import type { GitHub, Repository } from './github.ts';

/** GitHub takes check runs' texts up to this many characters. */
export const LONGEST_TEXT = 65_535;
/** The app that a workflow's own token belongs to; another app's check run counts for nothing. */
const APP = 'github-actions';
const FENCE = '```';

export interface CommitPlace {
  readonly repository: Repository;
  readonly commit: string;
}

/** The last completed check run of a name that a workflow made for a commit. */
export async function newestCheck(github: GitHub, { repository, commit }: CommitPlace, name: string) {
  const runs = await github.paginate(github.rest.checks.listForRef, {
    ...{ ...repository, ref: commit, check_name: name },
    ...{ filter: 'all', per_page: 100 },
  });
  const own = runs.filter(({ app, status }) => app?.slug === APP && status === 'completed');
  return own.toSorted((a, b) => b.id - a.id)[0];
}

/** A check run's text: words for people, and the record. */
export function withRecord(words: string, record: unknown): string {
  return `${words}\n\n${FENCE}json\n${JSON.stringify(record, null, 1)}\n${FENCE}`;
}

/** The JSON of the record in a check run's text. */
export function recordIn(text: string | null | undefined): string | undefined {
  return text?.split(`${FENCE}json\n`)[1]?.split(`\n${FENCE}`)[0];
}
