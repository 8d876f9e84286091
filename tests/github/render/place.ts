/** Where a thing is: what its addresses are made of. */
import type { GitHubState, Repository } from '../state.ts';

export interface Place {
  readonly github: GitHubState;
  readonly repository: Repository;
}

/** The address of a repository in the API. */
export const api = ({ github, repository }: Place): string => `${github.url}/repos/${repository.fullName}`;

/** The address for people, which is GitHub's whatever the API is. */
export const html = ({ repository }: Place): string => `https://github.com/${repository.fullName}`;

/** GitHub's own form: opaque, and different for every thing. */
export const nodeId = (kind: string, id: number | string): string => Buffer.from(`${kind}:${id}`).toString('base64url');

/** A path in an address. */
export const inUrl = (path: string): string => path.split('/').map(encodeURIComponent).join('/');
