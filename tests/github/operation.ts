/** The shape of an operation's implementation, in the types that were generated from the same description. */
import type { components, operations } from '@octokit/openapi-types';
import type { Actor } from './actor.ts';
import type { OperationId } from './permissions.ts';
import type { GitHubState, Repository } from './state.ts';

export type Schemas = components['schemas'];

type Parameters<Id extends OperationId> = operations[Id] extends { parameters: infer Own } ? Own : never;
type Path<Id extends OperationId> = Parameters<Id> extends { path: infer Own } ? Own : Record<never, never>;
type Query<Id extends OperationId> = Parameters<Id> extends { query?: infer Own } ? NonNullable<Own> : Record<never, never>;
type Body<Id extends OperationId> = operations[Id] extends { requestBody: { content: { 'application/json': infer Own } } }
  ? Own
  : operations[Id] extends { requestBody?: { content: { 'application/json': infer Own } } }
    ? Own | undefined
    : undefined;

type Responses<Id extends OperationId> = operations[Id]['responses'];
type Success = 200 | 201 | 202 | 204;
type Content<Response> = Response extends { content: { 'application/json': infer Own } } ? Own : undefined;

/** What went well; everything else is thrown as a `Refusal`. */
export type Answer<Id extends OperationId> = {
  [Status in keyof Responses<Id> & Success]: { readonly status: Status; readonly data: Content<Responses<Id>[Status]> };
}[keyof Responses<Id> & Success];

/** A request that fits the description, by somebody who may make it. */
export interface Call<Id extends OperationId> {
  readonly path: Path<Id>;
  readonly query: Query<Id>;
  readonly body: Body<Id>;
  readonly actor: Actor;
  readonly github: GitHubState;
  /** The one that the path names. Of a call without a repository, the double's first. */
  readonly repository: Repository;
}

/** A list is answered whole: the server cuts the page out of it. */
export type Handlers = { readonly [Id in OperationId]: (call: Call<Id>) => Answer<Id> };
