/** What a reviewed plan may destroy, kept as a check run on the commit that was planned: a comment can be edited, a check run cannot. */
import { type ApprovalRecord, readApproval } from '@mip/reconcile';
import { Failure } from './action.ts';
import type { GitHub, Repository } from './github.ts';

/** GitHub takes check runs' texts up to this many characters. */
const LONGEST_TEXT = 65_535;
/** The app that a workflow's own token belongs to; another app's check run approves nothing. */
const APP = 'github-actions';

function checkName(platform: string): string {
  return `mip plan (${platform})`;
}

export interface PlannedCommit {
  readonly repository: Repository;
  readonly commit: string;
}

export interface PlanCheck {
  readonly record: ApprovalRecord;
  /** Of the plans, so that it can be told from another. */
  readonly digest: string;
  readonly refused: boolean;
  readonly title: string;
  /** Markdown. */
  readonly summary: string;
  readonly detailsUrl: string;
}

/** @throws {Failure} where more would be destroyed than one check run can name. */
export async function writeApproval(github: GitHub, { repository, commit }: PlannedCommit, check: PlanCheck): Promise<void> {
  const text = `What merging this lets an apply destroy:\n\n${FENCE}json\n${JSON.stringify(check.record, null, 1)}\n${FENCE}`;
  if (text.length > LONGEST_TEXT)
    throw new Failure('this would destroy more than one pull request can have approved; split it into several pull requests');
  await github.rest.checks.create({
    ...repository,
    name: checkName(check.record.platform),
    head_sha: commit,
    status: 'completed',
    conclusion: check.refused ? 'failure' : 'success',
    external_id: check.digest,
    details_url: check.detailsUrl,
    output: { title: check.title, summary: check.summary, text },
  });
}

const FENCE = '```';

/** The record of the last plan made for a commit, or undefined where there is none that can be read. */
export async function readApprovalOf(
  github: GitHub,
  { repository, commit }: PlannedCommit,
  platform: string,
): Promise<ApprovalRecord | undefined> {
  const runs = await github.paginate(github.rest.checks.listForRef, {
    ...repository,
    ref: commit,
    check_name: checkName(platform),
    filter: 'all',
    per_page: 100,
  });
  const own = runs.filter(({ app, status }) => app?.slug === APP && status === 'completed');
  const newest = own.toSorted((a, b) => b.id - a.id)[0];
  const json = newest?.output.text?.split(`${FENCE}json\n`)[1]?.split(`\n${FENCE}`)[0];
  return json === undefined ? undefined : readApproval(json);
}
