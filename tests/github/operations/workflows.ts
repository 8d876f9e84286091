/** Workflow runs and their jobs, as far as links to logs go, and starting a workflow by hand. */
import type { Handlers } from '../operation.ts';
import type { WorkflowRun } from '../records.ts';
import { notFound, unprocessable } from '../refusal.ts';
import type { Place } from '../render/place.ts';
import { job, workflowRun } from '../render/workflow-run.ts';

/** @throws Refusal 404 where there is none of that id. */
function find({ repository, path }: Place & { path: { run_id: number } }): WorkflowRun {
  const found = repository.runs.get(path.run_id);
  if (!found) throw notFound();
  return found;
}

export const WORKFLOWS = {
  'actions/get-workflow-run': (call) => ({ status: 200, data: workflowRun(call, find(call)) }),

  'actions/list-jobs-for-workflow-run': (call) => {
    const run = find(call);
    return { status: 200, data: { total_count: run.jobs.length, jobs: run.jobs.map((own) => job(call, run, own)) } };
  },

  'actions/create-workflow-dispatch': (call) => {
    const { git } = call.repository;
    const { ref, inputs = {} } = call.body;
    const path = `.github/workflows/${call.path.workflow_id}`;
    const sha = git.commit(ref);
    const entry = git.entry(git.commit('HEAD') ?? '', path);
    if (!entry) throw notFound();
    if (!sha) throw unprocessable(`No ref found for: ${ref}`);
    const text = git.blob(entry.sha)?.toString() ?? '';
    if (!text.includes('workflow_dispatch')) throw unprocessable("Workflow does not have 'workflow_dispatch' trigger");
    call.repository.dispatches.push({ workflow: path, ref, inputs, login: call.actor.login });
    return { status: 204, data: undefined };
  },
} satisfies Partial<Handlers>;
