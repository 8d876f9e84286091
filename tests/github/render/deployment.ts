import type { Schemas } from '../operation.ts';
import type { Deployment, DeploymentStatus } from '../records.ts';
import { api, nodeId, type Place } from './place.ts';
import { user } from './user.ts';

export function deployment(place: Place, own: Deployment): Schemas['deployment'] {
  const { id, sha, ref, task, environment, description, payload, at } = own;
  const url = `${api(place)}/deployments/${id}`;
  return {
    url,
    id,
    node_id: nodeId('Deployment', id),
    ...{ sha, ref, task, environment, description, payload, original_environment: environment },
    creator: user(place, own.login),
    created_at: at,
    updated_at: own.statuses.at(-1)?.at ?? at,
    statuses_url: `${url}/statuses`,
    repository_url: api(place),
    transient_environment: own.transient,
    production_environment: own.production,
    performed_via_github_app: null,
  };
}

export function deploymentStatus(place: Place, { id: of }: Deployment, own: DeploymentStatus): Schemas['deployment-status'] {
  const url = `${api(place)}/deployments/${of}`;
  const { id, state, description, environment, at } = own;
  return {
    url: `${url}/statuses/${id}`,
    id,
    node_id: nodeId('DeploymentStatus', id),
    ...{ state, description, environment },
    creator: user(place, own.login),
    target_url: own.logUrl,
    log_url: own.logUrl,
    environment_url: own.environmentUrl,
    created_at: at,
    updated_at: at,
    deployment_url: url,
    repository_url: api(place),
    performed_via_github_app: null,
  };
}
