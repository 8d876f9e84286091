/** Deployments of a commit to an environment, and what became of them. */
import { isAncestor } from '../history.ts';
import type { Call, Handlers } from '../operation.ts';
import { mergeInto } from '../pull-request.ts';
import type { Deployment, DeploymentStatus } from '../records.ts';
import { conflict, notFound, unprocessable } from '../refusal.ts';
import { deployment, deploymentStatus } from '../render/deployment.ts';
import type { Place } from '../render/place.ts';

/** @throws Refusal 404 where there is none of that id. */
function find({ repository, path }: Place & { path: { deployment_id: number } }): Deployment {
  const found = repository.deployments.get(path.deployment_id);
  if (!found) throw notFound();
  return found;
}

export const DEPLOYMENTS = {
  'repos/create-deployment': (call) => {
    const { ref, task = 'deploy', environment = 'production', description = null, payload = '', auto_merge = true } = call.body;
    const { git } = call.repository;
    const sha = git.commit(ref);
    if (!sha) throw unprocessable(`No ref found for: ${ref}`);
    const merged = auto_merge ? takeInDefault(call, ref) : undefined;
    if (merged) return { status: 202, data: { message: merged } };
    checkContexts(call, sha, ref);
    const production = call.body.production_environment ?? environment === 'production';
    const { nextId: id, now: at } = call.github;
    const facts = { sha, ref, task, environment, description, payload: payload as Deployment['payload'], login: call.actor.login };
    const own: Deployment = { id, ...facts, transient: call.body.transient_environment ?? false, production, at, statuses: [] };
    call.repository.deployments.set(id, own);
    return { status: 201, data: deployment(call, own) };
  },

  'repos/get-deployment': (call) => ({ status: 200, data: deployment(call, find(call)) }),

  'repos/list-deployments': (call) => {
    const { sha, ref, task, environment } = call.query;
    const isWanted = (said: string | null | undefined, own: string) => !said || said === 'none' || said === own;
    const found = [...call.repository.deployments.values()]
      .filter((own) => isWanted(sha, own.sha) && isWanted(ref, own.ref))
      .filter((own) => isWanted(task, own.task) && isWanted(environment, own.environment))
      .reverse();
    return { status: 200, data: found.map((own) => deployment(call, own)) };
  },

  'repos/create-deployment-status': (call) => {
    const own = find(call);
    const {
      state,
      description = '',
      environment = own.environment,
      environment_url: environmentUrl = '',
      auto_inactive = true,
    } = call.body;
    if (description.length > 140) throw unprocessable('description is too long (maximum is 140 characters)');
    const logUrl = call.body.log_url ?? call.body.target_url ?? '';
    const { nextId: id, now: at } = call.github;
    const status: DeploymentStatus = { id, state, login: call.actor.login, description, environment, environmentUrl, logUrl, at };
    if (state === 'success' && auto_inactive) supersede(call, own, status);
    own.statuses.push(status);
    return { status: 201, data: deploymentStatus(call, own, status) };
  },

  'repos/list-deployment-statuses': (call) => {
    const own = find(call);
    return { status: 200, data: own.statuses.toReversed().map((status) => deploymentStatus(call, own, status)) };
  },
} satisfies Partial<Handlers>;

/** A branch that lacks what the default branch has gets it, instead of a deployment. @returns what is said then. */
function takeInDefault({ actor, github, repository }: Call<'repos/create-deployment'>, ref: string): string | undefined {
  const { git, defaultBranch } = repository;
  const [tip, above] = [git.resolve(`refs/heads/${ref}`), git.resolve(`refs/heads/${defaultBranch}`)];
  if (!tip || !above || isAncestor(git, above, tip)) return undefined;
  mergeInto(github, repository, ref, { name: defaultBranch, sha: above }, actor.login);
  return `Auto-merged ${defaultBranch} into ${ref} on deployment.`;
}

/** Unless told which must have passed (`[]`: none), GitHub waits for every status and check of the commit. */
function checkContexts({ body, repository }: Call<'repos/create-deployment'>, sha: string, ref: string): void {
  const statuses = new Map(
    repository.statuses.filter((own) => own.sha === sha).map(({ context, state }) => [context, state === 'success']),
  );
  const checks = [...repository.checks.values()].filter((own) => own.sha === sha);
  const passed = new Map([...statuses, ...checks.map(({ name, conclusion }) => [name, conclusion === 'success'] as const)]);
  const wanted = body.required_contexts ?? [...passed.keys()];
  if (wanted.some((context) => !passed.get(context))) throw conflict(`Conflict: Commit status checks failed for ${ref}.`);
}

/** Earlier successes in the environment become inactive, but for transient environments and production. */
function supersede({ github, repository }: Place, own: Deployment, { login }: DeploymentStatus): void {
  for (const other of repository.deployments.values()) {
    const isPrior = other.id < own.id && other.environment === own.environment && !other.transient && !other.production;
    if (!isPrior || other.statuses.at(-1)?.state !== 'success') continue;
    const words = { description: '', environment: other.environment, environmentUrl: '', logUrl: '' };
    other.statuses.push({ id: github.nextId, state: 'inactive', login, ...words, at: github.now });
  }
}
