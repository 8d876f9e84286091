/** What a route says of itself in the OpenAPI document: its own answers only, those of every route come from `openapi/problems.ts`. */

/** A JSON Schema, 2020-12. A schema of `schemas/*.schema.json` or of a view is named by `ref`. */
export type Schema = Readonly<Record<string, unknown>>;

/** One parameter of the path or the query. */
export interface Parameter {
  readonly description: string;
  readonly schema: Schema;
}

/** One header of an answer. */
export interface Header extends Parameter {
  /** Not in every answer of this status. */
  readonly optional?: true;
}

export interface Answer {
  readonly description: string;
  /** `application/json` of this schema; an answer without one has no body. */
  readonly body?: Schema;
  /** Where the body is not JSON, its media types. */
  readonly mediaTypes?: readonly string[];
  /** Beside `x-request-id`, which every answer has. */
  readonly headers?: Readonly<Record<string, Header>>;
}

export interface RouteSchema {
  /** Unique, in camelCase: the name of the call in generated clients. */
  readonly operationId: string;
  readonly tag: 'jobs' | 'algorithms' | 'platform';
  readonly summary: string;
  readonly description?: string;
  /** Of the path, each by its name; all are required. */
  readonly params?: Readonly<Record<string, Parameter>>;
  /** Each may be left out. */
  readonly query?: Readonly<Record<string, Parameter>>;
  /** Required; `application/json` where no media types are named. */
  readonly body?: { readonly description: string; readonly schema: Schema; readonly mediaTypes?: readonly string[] };
  /** What is not a problem, by status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /**
   * When this route itself answers with a problem, by status: 403, 404, 409, 410, 422 … What every route of its access, its path and its body
   * has need not be said: 400, 401, 413, 414, 415, 429, 500 and 503.
   */
  readonly problems?: Readonly<Record<number, string>>;
}

/** Names a schema under `components.schemas` of the document, as `ref('Job')`. The list is `openapi/components.ts`. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}
