/** What was applied, as GitHub's deployment records keep it. */
import type { GitHub, Repository } from './github.ts';

export interface Deployment {
  readonly repository: Repository;
  readonly id: number;
  readonly runUrl: string;
}

/**
 * How an apply ended: `success` only where it left nothing to do, so that it marks the last commit of which all is applied; `pending` where
 * something has to be worked off before the rest can follow.
 */
export type DeploymentState = 'in_progress' | 'success' | 'pending' | 'failure';

interface Wanted {
  readonly repository: Repository;
  readonly environment: string;
  readonly commit: string;
  readonly runUrl: string;
}

/** Deployments of others in the same environment are told apart by it. */
const TASK = 'mip:reconcile';
/** GitHub takes descriptions up to this many characters. */
const LONGEST_DESCRIPTION = 140;

export async function beginDeployment(github: GitHub, { repository, environment, commit, runUrl }: Wanted): Promise<Deployment> {
  const { data } = await github.rest.repos.createDeployment({
    ...repository,
    ref: commit,
    task: TASK,
    environment,
    auto_merge: false,
    required_contexts: [],
    description: 'The catalog, applied by MIP',
  });
  if (!('id' in data)) throw new Error(`GitHub made no deployment: ${data.message}`);
  const deployment = { repository, id: data.id, runUrl };
  await setState(github, deployment, 'in_progress', 'is being applied');
  return deployment;
}

export async function setState(github: GitHub, deployment: Deployment, state: DeploymentState, description: string): Promise<void> {
  await github.rest.repos.createDeploymentStatus({
    ...deployment.repository,
    deployment_id: deployment.id,
    state,
    description: description.slice(0, LONGEST_DESCRIPTION),
    log_url: deployment.runUrl,
    auto_inactive: true,
  });
}

/** What was applied in an environment before; both are undefined where nothing was. */
export interface AppliedBefore {
  /** The last commit of which all was applied. */
  readonly whole: string | undefined;
  /** The last commit that an apply began with. */
  readonly begun: string | undefined;
}

export async function appliedBefore(github: GitHub, repository: Repository, environment: string): Promise<AppliedBefore> {
  const pages = github.paginate.iterator(github.rest.repos.listDeployments, { ...repository, environment, task: TASK, per_page: 100 });
  let begun: string | undefined;
  for await (const { data } of pages) {
    for (const { id, sha } of data) {
      begun ??= sha;
      if (await succeeded(github, repository, id)) return { whole: sha, begun };
    }
  }
  return { whole: undefined, begun };
}

/** GitHub makes the success of an older one inactive when a newer one succeeds; it was one all the same. */
async function succeeded(github: GitHub, repository: Repository, id: number): Promise<boolean> {
  const { data } = await github.rest.repos.listDeploymentStatuses({ ...repository, deployment_id: id, per_page: 100 });
  return data.some(({ state }) => state === 'success');
}
