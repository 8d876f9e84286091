/** A plan for a pull request: made, shown, and what it destroys recorded. */
import { info, warning } from '@actions/core';
import { printable } from '@mip/catalog/printable';
import { approvalOf, type CatalogOnDisk, destructive, notCausedBy, type PlannedChange, renderPlan } from '@mip/reconcile';
import { headlineOf } from '@mip/reconcile/report/story';
import { Failure, type Place } from '../shared/action.ts';
import { writeApproval } from '../shared/approval-check.ts';
import { readBase, readCatalog, withBase } from '../shared/catalog.ts';
import { type Thread, writeNotice, writeSection } from '../shared/comment.ts';
import { LONGEST_SECTION } from '../shared/comment-body.ts';
import { connect, type GitHub } from '../shared/github.ts';
import { planSection } from '../shared/plan-section.ts';
import { countOf, planOffline, planRegions, type ShownPlan } from '../shared/plans.ts';
import { headOf, plannedCommit } from '../shared/pull-request.ts';
import { summarise } from '../shared/summary.ts';

export interface PlanRequest {
  readonly place: Place;
  readonly root: string;
  readonly platform: string;
  /** A name of the commit that the change starts from; `''` where nobody said. */
  readonly base: string;
  readonly pullRequest: number | undefined;
  readonly token: string;
}

export interface Planned {
  readonly plans: readonly ShownPlan[];
  /** The comment's address; `''` where there is none. */
  readonly comment: string;
}

/** Without a cloud and without rights: the base's catalog against the head's, in the job summary only. */
export async function planAgainstBase({ root, platform, base, place }: PlanRequest): Promise<Planned> {
  if (!base) throw new Failure('an offline plan compares two catalogs: give the input base');
  const head = await readCatalog(root, platform);
  const plans = await withBase(root, base, async (opened) => planOffline(await readBase(opened, head), head));
  const commit = await plannedCommit(root, place);
  const section = planSection({ plans, others: [], commit, runUrl: place.runUrl, destructive: destroyed(plans) });
  await summarise(`${OFFLINE}\n\n${section}`);
  report(plans);
  return { plans, comment: '' };
}

const OFFLINE = [
  '> [!NOTE]',
  '> This plan was made **offline**: it compares the catalog with that of the base, and asked no cloud. It approves nothing;',
  '> a maintainer can have the real plan made by dispatching the workflow `catalog-pr` with the number of the pull request.',
].join('\n');

/** Against the cloud; kept in one comment and one check run where it is for a pull request. */
export async function planAgainstCloud(request: PlanRequest): Promise<Planned> {
  const { root, platform, place, pullRequest, token } = request;
  if (pullRequest === undefined) return { plans: await planned(await readCatalog(root, platform), request), comment: '' };
  const github = connect(token);
  const thread: Thread = { repository: place.repository, pullRequest, platform };
  const commit = await plannedCommit(root, place);
  await writeNotice(github, thread, `Out of date: the plan for \`${commit.slice(0, 12)}\` is being made by [this run](${place.runUrl}).`);
  try {
    const catalog = await readCatalog(root, platform);
    return await recorded(github, { thread, commit, catalog }, request);
  } catch (error) {
    await writeNotice(
      github,
      thread,
      `Out of date: for \`${commit.slice(0, 12)}\` no plan could be made, see [this run](${place.runUrl}).`,
    );
    throw error;
  }
}

interface Subject {
  readonly thread: Thread;
  readonly commit: string;
  readonly catalog: CatalogOnDisk;
}

/** The check run first: a comment without a record would promise what apply does not keep. */
async function recorded(github: GitHub, { thread, commit, catalog }: Subject, request: PlanRequest): Promise<Planned> {
  const { repository, pullRequest, platform } = thread;
  const { runUrl } = request.place;
  const { plans, others } = await withOthers(catalog, request);
  const section = { plans, others, commit, runUrl, destructive: destroyed(plans) };
  await summarise(planSection(section));
  report(plans);
  const headlines = plans.map(({ plan }) => headlineOf(plan)).join('; ');
  await writeApproval(
    github,
    { repository, commit },
    {
      record: approvalOf(
        platform,
        plans.map(({ plan }) => plan),
      ),
      digest: plans.map(({ plan }) => plan.digest).join(' '),
      refused: isRefused(plans),
      title: headlines,
      summary: `The plan is in the comment on the pull request, and in the summary of [this run](${runUrl}).`,
      detailsUrl: runUrl,
    },
  );
  const head = await headOf(github, repository, pullRequest);
  const moved =
    head === commit ? null : `Out of date: planned for \`${commit.slice(0, 12)}\`, the branch is at \`${head.slice(0, 12)}\` by now.`;
  return {
    plans,
    comment: await writeSection(github, thread, 'plan', { markdown: planSection(section, LONGEST_SECTION.plan), notice: moved }),
  };
}

async function planned(catalog: CatalogOnDisk, request: PlanRequest): Promise<readonly ShownPlan[]> {
  const { plans, others } = await withOthers(catalog, request);
  const { runUrl, sha } = request.place;
  await summarise(planSection({ plans, others, commit: sha, runUrl, destructive: destroyed(plans) }));
  report(plans);
  return plans;
}

/** The plans, and which of their changes this change to the catalog did not cause. */
async function withOthers(catalog: CatalogOnDisk, { root, base }: PlanRequest) {
  // The clouds are waited for anyway.
  const [regions, own] = await Promise.all([planRegions(catalog), base ? ownPlans(catalog, root, base) : undefined]);
  const plans = regions.map(({ prepared }) => prepared);
  if (!own) return { plans, others: [] };
  const others = plans.flatMap(({ plan }, index): readonly PlannedChange[] => notCausedBy(own[index]?.plan ?? { changes: [] }, plan));
  return { plans, others };
}

function ownPlans(catalog: CatalogOnDisk, root: string, base: string): Promise<readonly ShownPlan[]> {
  return withBase(root, base, async (opened) => planOffline(await readBase(opened, catalog), catalog));
}

function report(plans: readonly ShownPlan[]): void {
  for (const one of plans) info(renderPlan(one, { colour: false }));
  if (isRefused(plans))
    warning(printable(plans.flatMap(({ dangers, plan }) => [...dangers, ...plan.refusals.map(({ reason }) => reason)]).join(' ')));
}

function isRefused(plans: readonly ShownPlan[]): boolean {
  return plans.some(({ dangers, plan }) => dangers.length > 0 || plan.refusals.length > 0);
}

function destroyed(plans: readonly ShownPlan[]): number {
  return countOf(plans, (plan) => destructive(plan).length);
}
