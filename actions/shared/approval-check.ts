/** What a reviewed plan may destroy, kept as a check run on the commit that was planned. */
import { type ApprovalRecord, readApproval } from '@mip/reconcile';
import { Failure } from './action.ts';
import type { GitHub } from './github.ts';
import { type CommitPlace, LONGEST_TEXT, newestCheck, recordIn, withRecord } from './own-check.ts';

function checkName(platform: string): string {
  return `mip plan (${platform})`;
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
export async function writeApproval(github: GitHub, { repository, commit }: CommitPlace, check: PlanCheck): Promise<void> {
  const text = withRecord('What merging this lets an apply destroy:', check.record);
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

/** The record of the last plan made for a commit, or undefined where there is none that can be read. */
export async function readApprovalOf(github: GitHub, commit: CommitPlace, platform: string): Promise<ApprovalRecord | undefined> {
  const json = recordIn((await newestCheck(github, commit, checkName(platform)))?.output.text);
  return json === undefined ? undefined : readApproval(json);
}
