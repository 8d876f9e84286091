/**
 * The check run `clinical approval (<platform>)` of a commit. It holds what the job that measured the commit found, so that a review can be held
 * against it later without measuring again. It is red, and a branch that requires it closed, until every owner concerned has approved.
 */
import { text } from '@mip/reconcile/report/markdown';
import type { GitHub } from './github.ts';
import { isNeed, type Need } from './needs.ts';
import { type CommitPlace, newestCheck, recordIn, withRecord } from './own-check.ts';

export interface JudgedNeed extends Need {
  /** A login; null where nobody who may has approved. */
  readonly approved_by: string | null;
  /** Why not, as a sentence; '' where it is approved. */
  readonly missing: string;
}

export interface ClinicalRecord {
  readonly schema: 'clinical/1';
  readonly pull_request: number;
  /** False where the job that measures did not succeed: nothing may be concluded from `needs`. */
  readonly measured: boolean;
  readonly needs: readonly JudgedNeed[];
}

export interface ClinicalCheck {
  readonly id: number;
  readonly record: ClinicalRecord;
}

export const clinicalCheckName = (platform: string): string => `clinical approval (${platform})`;

export function isApproved({ measured, needs }: ClinicalRecord): boolean {
  return measured && needs.every(({ approved_by }) => approved_by !== null);
}

/** The last record of a commit, or undefined where there is none that can be read. */
export async function readClinicalCheck(github: GitHub, commit: CommitPlace, platform: string): Promise<ClinicalCheck | undefined> {
  const run = await newestCheck(github, commit, clinicalCheckName(platform));
  const record = readRecord(recordIn(run?.output.text));
  return run && record && { id: run.id, record };
}

function readRecord(json: string | undefined): ClinicalRecord | undefined {
  try {
    const value = JSON.parse(json ?? '') as ClinicalRecord;
    return value.schema === 'clinical/1' && typeof value.measured === 'boolean' && value.needs.every(isNeed) ? value : undefined;
  } catch {
    return undefined;
  }
}

export interface Written {
  readonly platform: string;
  /** The run's page. */
  readonly detailsUrl: string;
}

/** A commit has one such check run: which of several a branch asks for would be GitHub's choice. @returns its id. */
export async function writeClinicalCheck(
  github: GitHub,
  { repository, commit }: CommitPlace,
  { platform, detailsUrl }: Written,
  { id, record }: { readonly id: number | undefined; readonly record: ClinicalRecord },
): Promise<number> {
  const content = {
    status: 'completed',
    // Not `action_required`: both keep a required check from passing, and this one is shown as what it is.
    conclusion: isApproved(record) ? 'success' : 'failure',
    external_id: `#${record.pull_request}`,
    details_url: detailsUrl,
    output: {
      title: titleOf(record),
      summary: summaryOf(record),
      text: withRecord('What the job `build` found, and who approved it:', record),
    },
  } as const;
  if (id !== undefined) return (await github.rest.checks.update({ ...repository, check_run_id: id, ...content })).data.id;
  const made = await github.rest.checks.create({ ...repository, name: clinicalCheckName(platform), head_sha: commit, ...content });
  return made.data.id;
}

export function titleOf({ measured, needs }: ClinicalRecord): string {
  const open = needs.filter(({ approved_by }) => approved_by === null);
  if (!measured) return 'nobody knows yet what the change does: the job build did not succeed';
  if (needs.length === 0) return 'nothing needs the approval of a clinical owner';
  if (open.length === 0) return `approved: ${needs.length} ${needs.length === 1 ? 'algorithm' : 'algorithms'}`;
  return `${open.length} of ${needs.length} ${needs.length === 1 ? 'algorithm waits' : 'algorithms wait'} for the clinical owner`;
}

/** GitHub takes as many characters of a summary as of a text, and Markdown escapes. */
const MOST_SHOWN = 20;

/** Markdown. */
export function summaryOf(record: ClinicalRecord): string {
  const { measured, needs } = record;
  if (!measured) return 'Where the job `build` is red, mend that first; then push, or run it again.';
  if (needs.length === 0) return 'No case ended beyond the change budget of its entry.';
  const lines = needs.slice(0, MOST_SHOWN).map(lineOf);
  const more = needs.length > MOST_SHOWN ? [`… and ${needs.length - MOST_SHOWN} more`] : [];
  return [...lines, ...more, 'An approving review of this commit by the owner counts; a new commit has to be approved again.'].join('\n\n');
}

function lineOf({ algorithm, owner, reasons, approved_by, missing }: JudgedNeed): string {
  const head =
    approved_by === null
      ? `❌ **${text(algorithm)}** needs the approval of ${text(owner ?? 'its clinical owner')}: ${text(missing)}`
      : `✅ **${text(algorithm)}**: approved by ${text(approved_by)}`;
  return [head, ...reasons.slice(0, MOST_REASONS).map((reason) => `- ${text(reason)}`)].join('\n');
}

const MOST_REASONS = 5;
