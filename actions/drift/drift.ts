/** What differs from Git is looked for, shown, and kept in one issue until nothing does. */
import { info } from '@actions/core';
import { renderPlan } from '@mip/reconcile';
import type { Place } from '../shared/action.ts';
import { readCatalog } from '../shared/catalog.ts';
import { checkedOut } from '../shared/checkout.ts';
import { connect, type Repository } from '../shared/github.ts';
import { planRegions } from '../shared/plans.ts';
import { summarise } from '../shared/summary.ts';
import { commentOnce, findIssue, openIssue } from './issue.ts';
import { changedComment, type Drift, differs, digestIn, digestOf, driftBody, driftSummary, driftTitle, endedComment } from './words.ts';

/** Every field of everything owned, in every region. @throws {Failure} where a region could not be looked at. */
export async function lookForDrift(root: string, platform: string, { runUrl }: Place): Promise<Drift> {
  const catalog = await readCatalog(root, platform);
  const commit = await checkedOut(root);
  const plans = (await planRegions(catalog, { depth: 'deep' })).map(({ prepared }) => prepared);
  for (const plan of plans) info(renderPlan(plan, { colour: false }));
  const drift = { platform, plans, commit, runUrl };
  await summarise(driftSummary(drift));
  return drift;
}

/** @param label of the issue; `''` for none. @returns the number of the open issue; undefined where there is none. */
export async function keepIssue(
  drift: Drift,
  repository: Repository,
  { label, token }: { readonly label: string; readonly token: string },
): Promise<number | undefined> {
  const github = connect(token);
  const thread = { repository, platform: drift.platform };
  const open = await findIssue(github, thread);
  if (!differs(drift.plans)) {
    if (!open) return undefined;
    await commentOnce(github, { repository, issue: open.number }, endedComment(drift, digestIn(open.body)));
    await github.rest.issues.update({ ...repository, issue_number: open.number, state: 'closed', state_reason: 'completed' });
    return undefined;
  }
  const [title, body] = [driftTitle(drift), driftBody(drift)];
  if (!open) return openIssue(github, thread, { title, body, label });
  // The comment first: the digest in the body says that there is one.
  if (digestIn(open.body) !== digestOf(drift.plans)) await commentOnce(github, { repository, issue: open.number }, changedComment(drift));
  if (open.title !== title || open.body !== body)
    await github.rest.issues.update({ ...repository, issue_number: open.number, title, body });
  return open.number;
}
