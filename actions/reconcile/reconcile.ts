/** What was merged is made so, as far as somebody approved what it destroys, and everybody who merged it is told. */
import { info } from '@actions/core';
import type { Algorithm } from '@mip/catalog';
import { printable } from '@mip/catalog/printable';
import {
  annotateReport,
  apply,
  type CatalogOnDisk,
  type Conformer,
  type Override,
  type Report,
  renderReport,
  unapproved,
  withhold,
} from '@mip/reconcile';
import { sentenceOf } from '@mip/reconcile/aws/errors';
import { Failure, type Place } from '../shared/action.ts';
import { annotate } from '../shared/annotate.ts';
import { readCatalog } from '../shared/catalog.ts';
import { checkedOut } from '../shared/checkout.ts';
import { writeSection } from '../shared/comment.ts';
import { LONGEST_SECTION } from '../shared/comment-body.ts';
import { type AppliedBefore, appliedBefore, beginDeployment, type Deployment, setState } from '../shared/deployment.ts';
import { connect, type GitHub } from '../shared/github.ts';
import { approvalBy, isOlder, type Merged, mergedIn } from '../shared/merged.ts';
import { planRegions, type RegionPlan } from '../shared/plans.ts';
import { summarise } from '../shared/summary.ts';
import { type Applied, failureSection, resultSection, stateOf, unapprovedWords } from './result.ts';
import { concerned, type Withheld, withheldBy } from './withheld.ts';

/** Each lifts one rule, for one run; `unapproved` that what is destroyed was seen by somebody, and what changes results by its clinical owner. */
export const ALLOWED = ['deletes', 'updates', 'unapproved'] as const;
export type AllowedWord = (typeof ALLOWED)[number];

export interface ReconcileRequest {
  readonly place: Place;
  readonly root: string;
  readonly platform: string;
  readonly allow: readonly AllowedWord[];
  readonly environment: string;
  /** An ARN; `''` where the environment has credentials. */
  readonly role: string;
  readonly token: string;
  /** Who says whether the candidates of this catalog's versions have passed. */
  readonly judge: (algorithms: readonly Algorithm[]) => Conformer;
}

export interface Reconciled {
  readonly reports: readonly Report[];
  readonly ok: boolean;
  /** What did not go well, as a sentence. */
  readonly words: string;
}

export async function reconcile(request: ReconcileRequest): Promise<Reconciled> {
  const github = connect(request.token);
  const work = await open(github, request);
  const record = deploymentOf(github, work, request);
  try {
    const { plans, withheld } = await permittedPlans(github, work, request);
    if (isDone(plans, work) && withheld.length === 0) return { reports: [], ok: true, words: 'nothing was to change' };
    await record();
    const applied = await applyAll(plans, work, request);
    return await tell(github, { deployment: await record(), merged: work.merged, applied, withheld }, request);
  } catch (error) {
    await tellFailure(github, { error, record, merged: work.merged }, request);
    throw error;
  }
}

/** What is to be applied, and since when. */
interface Work {
  readonly catalog: CatalogOnDisk;
  readonly commit: string;
  readonly before: AppliedBefore;
  readonly merged: readonly Merged[];
}

/** @throws {Failure} for a catalog with faults, and for a commit that is older than what was applied. */
async function open(github: GitHub, { place: { repository }, root, platform, environment }: ReconcileRequest): Promise<Work> {
  const catalog = await readCatalog(root, platform);
  const commit = await checkedOut(root);
  const before = await appliedBefore(github, repository, environment);
  if (await isOlder(github, repository, commit, before.begun))
    throw new Failure(
      `${commit.slice(0, 12)} is older than ${before.begun?.slice(0, 12)}, which was applied already; to go back, revert it in Git`,
    );
  const merged = await mergedIn(github, { repository, from: before.whole, to: commit });
  return { catalog, commit, before, merged };
}

/** Makes the record at its first call. */
function deploymentOf(github: GitHub, { commit }: Work, { place, environment }: ReconcileRequest): () => Promise<Deployment> {
  let made: Promise<Deployment> | undefined;
  const { repository, runUrl } = place;
  return () => {
    made ??= beginDeployment(github, { repository, environment, commit, runUrl });
    return made;
  };
}

/** A schedule comes by again and again: where nothing is left to do, it leaves no record. */
function isDone(plans: readonly RegionPlan[], { commit, before }: Work): boolean {
  const idle = plans.every(({ prepared: { plan } }) => plan.changes.length === 0 && plan.refusals.length === 0);
  return idle && before.whole === commit;
}

interface Permitted {
  readonly plans: readonly RegionPlan[];
  readonly withheld: readonly Withheld[];
}

/** The plans without what waits for a clinical owner. @throws {Failure} as `safePlans`. */
async function permittedPlans(github: GitHub, work: Work, request: ReconcileRequest): Promise<Permitted> {
  const plans = await safePlans(github, work, request);
  if (request.allow.includes('unapproved')) return { plans, withheld: [] };
  const all = await withheldBy(github, request.place.repository, work.merged, request.platform);
  const withheld = concerned(
    all,
    plans.map(({ prepared }) => prepared),
  );
  const names = new Set(withheld.map(({ algorithm }) => algorithm));
  if (names.size === 0) return { plans, withheld };
  return { plans: plans.map(({ aws, prepared }) => ({ aws, prepared: withhold(prepared, names) })), withheld };
}

/** @throws {Failure} before the first write, where a plan must not begin. */
async function safePlans(github: GitHub, { catalog, merged }: Work, request: ReconcileRequest): Promise<readonly RegionPlan[]> {
  const { allow, role } = request;
  const lifted = allow.filter((word): word is Override => word !== 'unapproved');
  const plans = await planRegions(catalog, { role, allow: lifted, conformer: request.judge(catalog.algorithms) });
  if (!allow.includes('unapproved')) await checkApproved(github, plans, merged, request);
  const dangers = plans.flatMap(({ prepared }) => prepared.dangers);
  if (dangers.length > 0) throw new Failure(dangers.join('\n'));
  return plans;
}

/** Every region, one beside the other: one that fails leaves the others. */
async function applyAll(plans: readonly RegionPlan[], { catalog, commit }: Work, { place }: ReconcileRequest): Promise<readonly Applied[]> {
  const holder = `${place.actor}, ${place.runUrl}`;
  const applied = plans.map(async ({ aws, prepared }): Promise<Applied> => {
    const report = await apply(aws, prepared, { commit, holder, now: () => new Date(), note: info });
    return { platform: prepared.platform, report };
  });
  return settled(await Promise.allSettled(applied), catalog);
}

function settled(results: readonly PromiseSettledResult<Applied>[], { platform: { regions } }: CatalogOnDisk): readonly Applied[] {
  const failed = results.flatMap((one, index) => (one.status === 'rejected' ? [`${regions[index]}: ${sentenceOf(one.reason)}`] : []));
  if (failed.length > 0) throw new Failure(failed.join('\n'));
  return results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

/** @throws {Failure} that names what would be destroyed though no pull request that was merged showed it. */
async function checkApproved(github: GitHub, plans: readonly RegionPlan[], merged: readonly Merged[], request: ReconcileRequest) {
  const { platform, place } = request;
  const destroys = plans.some(({ prepared }) => unapproved(prepared.plan, []).length > 0);
  if (!destroys) return;
  const records = await Promise.all(merged.map((one) => approvalBy(github, place.repository, one, platform)));
  const found = records.filter((record) => record !== undefined);
  const unseen = plans.flatMap(({ prepared }) => unapproved(prepared.plan, found));
  if (unseen.length > 0) throw new Failure(unapprovedWords(unseen, merged));
}

interface Result {
  readonly deployment: Deployment;
  readonly merged: readonly Merged[];
  readonly applied: readonly Applied[];
  readonly withheld: readonly Withheld[];
}

async function tell(github: GitHub, { deployment, merged, applied, withheld }: Result, request: ReconcileRequest): Promise<Reconciled> {
  const reports = applied.map(({ report }) => report);
  for (const report of reports) info(renderReport(report, { colour: false }));
  annotate(reports.flatMap(annotateReport));
  const { state, words } = stateOf(reports, withheld);
  const { runUrl } = request.place;
  await summarise(resultSection({ applied, withheld }, runUrl));
  await setState(github, deployment, state, words);
  await tellMerged(github, merged, resultSection({ applied, withheld }, runUrl, LONGEST_SECTION.result), request);
  return { reports, ok: state !== 'failure', words };
}

interface Broken {
  readonly error: unknown;
  readonly record: () => Promise<Deployment>;
  readonly merged: readonly Merged[];
}

/** What cannot be told does not hide what went wrong. */
async function tellFailure(github: GitHub, { error, record, merged }: Broken, request: ReconcileRequest): Promise<void> {
  const words = sentenceOf(error);
  try {
    await setState(github, await record(), 'failure', words.split('\n')[0] ?? '');
  } catch (fault) {
    info(printable(`the deployment could not be recorded: ${sentenceOf(fault)}`));
  }
  await tellMerged(github, merged, failureSection(words, request.place.runUrl), request);
}

/** One pull request that cannot be told leaves the others. */
async function tellMerged(
  github: GitHub,
  merged: readonly Merged[],
  markdown: string,
  { place, platform }: ReconcileRequest,
): Promise<void> {
  for (const { number: pullRequest } of merged) {
    const thread = { repository: place.repository, pullRequest, platform };
    await writeSection(github, thread, 'result', { markdown }).catch((error) =>
      info(printable(`pull request ${pullRequest} could not be told: ${sentenceOf(error)}`)),
    );
  }
}
