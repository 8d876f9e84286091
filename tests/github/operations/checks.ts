/** Check runs, which only apps make, and commit statuses, which anybody makes. */
import type { Call, Handlers } from '../operation.ts';
import type { CheckRun, CommitStatus } from '../records.ts';
import { forbidden, invalid, notFound, unprocessable } from '../refusal.ts';
import { checkRun, commitStatus } from '../render/check-run.ts';
import type { Place } from '../render/place.ts';
import { integration } from '../render/user.ts';
import { commitNamed } from './commits.ts';

/** @throws Refusal 404 where there is none of that id. */
function find({ repository, path }: Place & { path: { check_run_id: number | bigint } }): CheckRun {
  const found = repository.checks.get(Number(path.check_run_id));
  if (!found) throw notFound();
  return found;
}

/** One that replaced another has its name and its app. */
function latest(runs: readonly CheckRun[]): readonly CheckRun[] {
  return [...new Map(runs.map((own) => [`${own.app} ${own.name}`, own])).values()];
}

export const CHECKS = {
  'checks/create': (call) => {
    const { app } = call.actor;
    if (!app) throw forbidden('You must authenticate via a GitHub App.');
    const sha = call.body.head_sha;
    if (call.repository.git.resolve(sha) !== sha) throw unprocessable(`No commit found for SHA: ${sha}`);
    const { nextId: id, now: started } = call.github;
    const state = { status: 'queued', conclusion: null, completed: null } as const;
    const words = { externalId: '', detailsUrl: null, title: null, summary: null, text: null, annotations: [] };
    const own: CheckRun = { id, sha, app, started, name: call.body.name, ...state, ...words };
    change(call, own);
    call.repository.checks.set(id, own);
    return { status: 201, data: checkRun(call, own) };
  },

  'checks/update': (call) => {
    const own = find(call);
    if (call.actor.app !== own.app)
      throw forbidden(`Invalid app_id \`${call.actor.app ?? ''}\` - check run can only be modified by the GitHub App that created it.`);
    const next = { ...own };
    change(call, next);
    Object.assign(own, next);
    return { status: 200, data: checkRun(call, own) };
  },

  'checks/get': (call) => ({ status: 200, data: checkRun(call, find(call)) }),

  'checks/list-for-ref': (call) => {
    const { check_name, status, filter = 'latest', app_id } = call.query;
    const sha = commitNamed(call, call.path.ref);
    const all = [...call.repository.checks.values()].filter((own) => own.sha === sha);
    const found = (filter === 'latest' ? latest(all) : all)
      .filter((own) => !check_name || own.name === check_name)
      .filter((own) => !status || own.status === status)
      .filter((own) => !app_id || integration(call, own.app).id === app_id)
      .sort((a, b) => b.id - a.id);
    return { status: 200, data: { total_count: found.length, check_runs: found.map((own) => checkRun(call, own)) } };
  },

  'repos/create-commit-status': (call) => {
    const sha = commitNamed(call, call.path.sha);
    const { state, context = 'default', description = null, target_url: target = null } = call.body;
    const own: CommitStatus = {
      id: call.github.nextId,
      sha,
      login: call.actor.login,
      state,
      context,
      description,
      target,
      at: call.github.now,
    };
    call.repository.statuses.push(own);
    return { status: 201, data: commitStatus(call, own) };
  },

  'repos/list-commit-statuses-for-ref': (call) => {
    const sha = commitNamed(call, call.path.ref);
    const found = call.repository.statuses.filter((own) => own.sha === sha).reverse();
    return { status: 200, data: found.map((own) => commitStatus(call, own)) };
  },
} satisfies Partial<Handlers>;

/** A conclusion completes a run; annotations are added to those that are there; an output replaces the whole text. */
function change({ body, github }: Call<'checks/create'> | Call<'checks/update'>, own: CheckRun): void {
  const { conclusion, output } = body;
  const status = conclusion ? 'completed' : (body.status ?? own.status);
  if (status === 'completed' && !conclusion && !own.conclusion)
    throw invalid({ resource: 'CheckRun', code: 'missing_field', field: 'conclusion' });
  own.status = status as CheckRun['status'];
  own.name = body.name ?? own.name;
  own.externalId = body.external_id ?? own.externalId;
  own.detailsUrl = body.details_url ?? own.detailsUrl;
  own.conclusion = status === 'completed' ? (conclusion ?? own.conclusion) : null;
  own.completed = status === 'completed' ? (body.completed_at ?? own.completed ?? github.now) : null;
  if (!output) return;
  Object.assign(own, { title: output.title ?? own.title, summary: output.summary, text: output.text ?? null });
  own.annotations = [...own.annotations, ...(output.annotations ?? [])];
}
