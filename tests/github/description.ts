/** GitHub's published description, as checks: which operation a request is, what it may say, what may be answered. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { OperationId } from './permissions.ts';

interface Schema {
  readonly [keyword: string]: unknown;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required?: boolean;
  readonly 'x-multi-segment'?: boolean;
  readonly schema: Schema;
}

interface Described {
  readonly operationId: OperationId;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** A request that was recognised; the values are still text. */
export interface Match {
  readonly id: OperationId;
  readonly path: Record<string, unknown>;
}

const document = JSON.parse(readFileSync(join(import.meta.dirname, 'openapi.json'), 'utf8')) as Document;

/** Ids of all operations that are described. */
export const DESCRIBED: ReadonlySet<string> = new Set(
  Object.values(document.paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId)),
);

/**
 * The description leaves most objects open, because GitHub ignores what it does not know. A double that did so would let a misspelt field
 * pass, in a request or in its own answer: here every object is closed to what is described, unless the description itself opens it.
 */
function close(schema: Schema, isPart = false): Schema {
  if (isPart && schema.$ref) return close(document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}, true);
  const closed: Record<string, unknown> = { ...schema };
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
    const parts = schema[keyword] as readonly Schema[] | undefined;
    if (parts) closed[keyword] = parts.map((part) => close(part, keyword === 'allOf' || schema.properties !== undefined));
  }
  if (schema.items) closed.items = close(schema.items);
  if (schema.properties) closed.properties = Object.fromEntries(Object.entries(schema.properties).map(([name, own]) => [name, close(own)]));
  if (schema.allOf) closed.unevaluatedProperties = false;
  else if (schema.properties && !isPart && !('additionalProperties' in schema)) closed.additionalProperties = false;
  return closed;
}

/** Without `inlineRefs: false` a repository's forty addresses are compiled again in every answer that holds one. */
const OPTIONS = { strictTypes: false, strictRequired: false, allErrors: true, inlineRefs: false } as const;

function compiler(options: object, closes: (schema: Schema) => Schema): Ajv2020 {
  const ajv = new Ajv2020({ ...OPTIONS, ...options });
  formats.default(ajv);
  ajv.addFormat('uri', (address: string) => address === '' || URL.canParse(address)); // GitHub says '' where it has no address
  ajv.addFormat('repo.nwo', /^[^/]+\/[^/]+$/);
  for (const [name, schema] of Object.entries(document.components.schemas)) ajv.addSchema(closes(schema), `#/components/schemas/${name}`);
  return ajv;
}

/** In paths and queries everything is text. */
const ofText = compiler({ coerceTypes: true }, close);
const ofBodies = compiler({}, close);
/** GitHub's errors say more than is described. */
const ofErrors = compiler({}, (schema) => schema);

/** Compiled when first asked for. */
const compiled = new Map<string, ValidateFunction>();

function complaints(key: string, data: unknown, where: string, compile: () => ValidateFunction): readonly string[] {
  const check: ValidateFunction = compiled.get(key) ?? compile();
  compiled.set(key, check);
  return check(data) ? [] : (check.errors ?? []).map((error) => sentence(where, error));
}

function sentence(where: string, { instancePath, message, params }: ErrorObject): string {
  const named = 'additionalProperty' in params || 'unevaluatedProperty' in params || 'allowedValues' in params;
  return `${where}${instancePath} ${message}${named ? ` (${Object.values(params).join(', ')})` : ''}`;
}

interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly names: readonly string[];
  readonly literals: number;
  readonly operation: Described;
}

/** The most literal path is asked first: `commits/{ref}/check-runs` before `commits/{ref}`, whose ref may hold slashes. */
const routes: readonly Route[] = Object.entries(document.paths)
  .flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => route(path, method, operation)))
  .sort((a, b) => b.literals - a.literals);

function route(path: string, method: string, operation: Described): Route {
  const segments = path.split('/');
  const names = segments.filter((segment) => segment.startsWith('{')).map((segment) => segment.slice(1, -1));
  const many = new Set(operation.parameters.filter((own) => own['x-multi-segment']).map(({ name }) => `{${name}}`));
  const parts = segments.slice(1).map((segment) => {
    if (segment === '{path}') return '(?:/(.*))?'; // the path of the root is empty, and then so may be its slash
    return `/${segment.startsWith('{') ? (many.has(segment) ? '(.+)' : '([^/]+)') : segment}`;
  });
  return {
    method: method.toUpperCase(),
    pattern: new RegExp(`^${parts.join('')}$`),
    names,
    literals: segments.length - names.length,
    operation,
  };
}

function described(id: OperationId): Described {
  const found = routes.find(({ operation }) => operation.operationId === id);
  if (!found) throw new Error(`${id} is not in openapi.json: run tests/github/extract.ts`);
  return found.operation;
}

/** @returns undefined where no operation has that method and path. */
export function match(method: string, pathname: string): Match | undefined {
  for (const { pattern, names, operation, ...own } of routes) {
    const found = own.method === method ? pattern.exec(pathname) : null;
    if (!found) continue;
    const path = Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')]));
    return { id: operation.operationId, path };
  }
  return undefined;
}

/** Checks values in a path or a query, and turns those into numbers and booleans that the description calls so. */
export function checkParameters(id: OperationId, place: 'path' | 'query', values: Record<string, unknown>): readonly string[] {
  return complaints(`${id} ${place}`, values, place, () => {
    const own = described(id).parameters.filter((parameter) => parameter.in === place);
    const properties = Object.fromEntries(own.map(({ name, schema }) => [name, schema]));
    const required = own.filter((parameter) => parameter.required).map(({ name }) => name);
    return ofText.compile({ type: 'object', properties, required, additionalProperties: false });
  });
}

/** @param body undefined where there was none. */
export function checkBody(id: OperationId, body: unknown): readonly string[] {
  const { requestBody } = described(id);
  if (body === undefined) return requestBody?.required ? ['body is missing'] : [];
  const schema = requestBody?.content['application/json']?.schema;
  if (!schema) return ['body is not expected'];
  return complaints(`${id} body`, body, 'body', () => ofBodies.compile(close(schema)));
}

/** An error that GitHub answers without describing it has to look like its other errors. */
export function checkAnswer(id: OperationId, status: number, mediaType: string, data: unknown): readonly string[] {
  const response = described(id).responses[status];
  const where = `answer ${status}`;
  if (status >= 400) {
    const { oneOf, ...schema } = response?.content?.[mediaType]?.schema ?? { $ref: '#/components/schemas/basic-error' };
    const either = oneOf ? { anyOf: oneOf } : {}; // nothing is required of an error, so that one fits several
    return complaints(`${id} ${status}`, data, where, () => ofErrors.compile({ ...schema, ...either }));
  }
  if (!response) return [`${where} is not described`];
  if (!response.content) return data === undefined ? [] : [`${where} must have no body`];
  const schema = response.content[mediaType]?.schema;
  if (!schema) return [`${where} is not described as ${mediaType}`];
  return complaints(`${id} ${status} ${mediaType}`, data, where, () => ofBodies.compile(close(schema)));
}

export function isPaged(id: OperationId): boolean {
  return described(id).parameters.some(({ name }) => name === 'per_page');
}
