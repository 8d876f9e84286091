/**
 * Holds the reviews of a pull request against what was measured of its head, and writes the verdict into the check run of that commit.
 *
 * What was measured comes from the run that measured it, or, when a review arrives later, from the check run that it left.
 */
import { info } from '@actions/core';
import { printable } from '@mip/catalog/printable';
import { Failure, type Place } from '../shared/action.ts';
import { type ClinicalRecord, isApproved, readClinicalCheck, summaryOf, titleOf, writeClinicalCheck } from '../shared/clinical-check.ts';
import { connect, type GitHub } from '../shared/github.ts';
import { readNeeds, UNMEASURED } from '../shared/needs.ts';
import type { CommitPlace } from '../shared/own-check.ts';
import { touches } from '../shared/pull-request.ts';
import { summarise } from '../shared/summary.ts';
import { judge, type Subject } from './reviews.ts';
import { teamsBy } from './teams.ts';

export interface ApproveRequest {
  readonly place: Place;
  readonly platform: string;
  readonly pullRequest: number;
  /** What `build` handed on; '' to look at the reviews again. */
  readonly needs: string;
  readonly token: string;
  readonly teamToken: string;
}

/** @returns the record as it stands now; undefined where nothing was measured of the head yet. */
export async function approve(request: ApproveRequest): Promise<ClinicalRecord | undefined> {
  const github = connect(request.token);
  const { repository } = request.place;
  const { data } = await github.rest.pulls.get({ ...repository, pull_number: request.pullRequest });
  const commit = request.needs === '' ? data.head.sha : measuredHead(request);
  const isFork = data.head.repo?.full_name !== data.base.repo.full_name || data.user.login === 'dependabot[bot]'; // GitHub treats both alike
  const begun = await begin(github, { repository, commit }, request, isFork);
  if (!begun) {
    await summarise(
      isFork ? OF_FORK : `Nothing was measured of ${commit.slice(0, 12)} yet: \`catalog-pr\` does, and looks at the reviews then.`,
    );
    return undefined;
  }
  const record = await settle(github, { repository, commit }, { ...begun, author: data.user }, request);
  info(printable(titleOf(record)));
  await summarise(`### ${isApproved(record) ? '✅' : '❌'} ${titleOf(record)}\n\n${summaryOf(record)}`);
  return record;
}

const OF_FORK =
  'What this fork changes cannot be measured with the right to record it. Read it, push its commits to a branch of this repository, and open the pull request from there.';

/** The head that the run was started for: the branch may have moved on, and what was measured is not of that. */
function measuredHead({ place }: ApproveRequest): string {
  const sha = place.payload.pull_request?.head?.sha;
  if (typeof sha !== 'string') throw new Failure('the input needs belongs to a run for a pull request: leave it out');
  return sha;
}

interface Begun {
  readonly id: number;
  readonly record: ClinicalRecord;
}

/**
 * What `catalog-pr` measures when it changes. A fork's own run measures without the right to record it: where it touches none of this, somebody's
 * dispatch records that there was nothing to measure.
 */
export const MEASURED = /^(catalog|algorithms|schemas|actions|tests\/oracles|tools\/conformance)\/|^\.github\/workflows\/catalog-pr\.yml$/;

/** What was measured is on record, and red, before anybody looks at reviews: a review that comes meanwhile finds it. */
async function begin(github: GitHub, commit: CommitPlace, request: ApproveRequest, isFork: boolean): Promise<Begun | undefined> {
  const { platform, needs, pullRequest, place } = request;
  const found = await readClinicalCheck(github, commit, platform);
  if (needs === '' && found === undefined && isFork && !(await touches(github, commit.repository, pullRequest, MEASURED)))
    return begin(github, commit, { ...request, needs: '[]' }, isFork);
  // Another pull request of the same commit is another change: its base may have what this one has to have approved.
  if (needs === '') return found?.record.pull_request === pullRequest ? found : undefined;
  const measured = needs !== UNMEASURED;
  const open = measured ? readNeeds(needs).map((need) => ({ ...need, approved_by: null, missing: 'nobody has looked yet' })) : [];
  const record: ClinicalRecord = { schema: 'clinical/1', pull_request: pullRequest, measured, needs: open };
  return { id: await writeClinicalCheck(github, commit, { platform, detailsUrl: place.runUrl }, { id: found?.id, record }), record };
}

/** More than one round only where somebody reviews, or another run writes, at the same time. */
const MOST_ROUNDS = 5;

/** Looks and writes until what was looked at last is what stands there: no run leaves behind what another has overtaken. */
async function settle(
  github: GitHub,
  commit: CommitPlace,
  begun: Begun & Pick<Subject, 'author'>,
  request: ApproveRequest,
): Promise<ClinicalRecord> {
  const { pullRequest: pull_number, platform, place } = request;
  const teams = teamsBy(request.teamToken);
  let standing: ClinicalRecord = begun.record;
  if (standing.needs.length === 0) return standing;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const reviews = await github.paginate(github.rest.pulls.listReviews, { ...commit.repository, pull_number, per_page: 100 });
    const subject = { commit: commit.commit, author: begun.author, reviews, teams };
    const needs = [];
    for (const need of standing.needs) needs.push(await judge(need, subject));
    const record = { ...standing, needs };
    if (round > 0 && JSON.stringify(record) === JSON.stringify(standing)) return record;
    await writeClinicalCheck(github, commit, { platform, detailsUrl: place.runUrl }, { id: begun.id, record });
    standing = record;
  }
  throw new Failure(
    'reviews change faster than they can be read; start the workflow clinical-approval with the number of the pull request',
  );
}
