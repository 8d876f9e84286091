import { basename } from 'node:path';
import type { Person } from '../git.ts';
import { readCommit } from '../history.ts';
import type { Schemas } from '../operation.ts';
import type { Job, WorkflowRun } from '../records.ts';
import { api, html, nodeId, type Place } from './place.ts';
import { minimalRepository } from './repository.ts';
import { user } from './user.ts';

const brief = ({ name, email }: Person) => ({ name, email });

/** A run is over when all its jobs are; it ended as the worst of them. */
function conclusionOf({ jobs }: WorkflowRun): string | null {
  const ends = jobs.map(({ conclusion }) => conclusion);
  if (ends.includes(null)) return null;
  return ['failure', 'timed_out', 'cancelled'].find((bad) => ends.includes(bad as 'failure')) ?? 'success';
}

export function workflowRun(place: Place, own: WorkflowRun): Schemas['workflow-run'] {
  const { id, workflow, event, branch, sha, login, attempt, at } = own;
  const url = `${api(place)}/actions/runs/${id}`;
  const conclusion = conclusionOf(own);
  const { message, tree, author, committer } = readCommit(place.repository.git, sha);
  const repository = minimalRepository(place);
  const workflowId = place.github.idOf(`workflow ${workflow}`);
  return {
    id,
    name: basename(workflow).replace(/\.ya?ml$/, ''),
    node_id: nodeId('WorkflowRun', id),
    head_branch: branch,
    head_sha: sha,
    path: workflow,
    run_number: 1,
    run_attempt: attempt,
    event,
    status: conclusion === null ? 'in_progress' : 'completed',
    conclusion,
    workflow_id: workflowId,
    url,
    html_url: `${html(place)}/actions/runs/${id}`,
    pull_requests: [],
    created_at: at,
    updated_at: at,
    run_started_at: at,
    actor: user(place, login),
    triggering_actor: user(place, login),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${api(place)}/check-suites/${id}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: null,
    workflow_url: `${api(place)}/actions/workflows/${workflowId}`,
    head_commit: { id: sha, tree_id: tree, message, timestamp: committer.date, author: brief(author), committer: brief(committer) },
    repository,
    head_repository: repository,
    display_title: message.split('\n')[0] ?? '',
  };
}

export function job(place: Place, run: WorkflowRun, own: Job): Schemas['job'] {
  const { id, name, conclusion, steps } = own;
  const { at } = run;
  return {
    id,
    run_id: run.id,
    run_url: `${api(place)}/actions/runs/${run.id}`,
    run_attempt: run.attempt,
    node_id: nodeId('Job', id),
    head_sha: run.sha,
    url: `${api(place)}/actions/jobs/${id}`,
    html_url: `${html(place)}/actions/runs/${run.id}/job/${id}`,
    status: conclusion === null ? 'in_progress' : 'completed',
    conclusion: conclusion as Schemas['job']['conclusion'],
    created_at: at,
    started_at: at,
    completed_at: conclusion === null ? null : at,
    name,
    steps: steps.map((step, index) => ({
      name: step.name,
      status: step.conclusion === null ? 'in_progress' : 'completed',
      conclusion: step.conclusion,
      number: index + 1,
      started_at: at,
      completed_at: step.conclusion === null ? null : at,
    })),
    check_run_url: `${api(place)}/check-runs/${id}`,
    labels: ['ubuntu-latest'],
    ...{ runner_id: 1, runner_name: 'GitHub Actions 1', runner_group_id: 0, runner_group_name: 'GitHub Actions' },
    workflow_name: basename(run.workflow).replace(/\.ya?ml$/, ''),
    head_branch: run.branch,
  };
}
