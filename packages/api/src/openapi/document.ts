/** The API as an OpenAPI 3.1 document: from the routes, and nothing said twice. Pure. */
import type { Access, Route } from '../routes/route.ts';
import { type Answer, type Header, type Parameter, ref, type Schema } from '../routes/route-schema.ts';
import { SHARED_PROBLEMS, type SharedProblem } from './problems.ts';

/** What the document needs of a route. */
export type Described = Pick<Route, 'method' | 'url' | 'access' | 'schema'>;

const INFO = {
  title: 'MIP',
  version: '1.0.0',
  summary: 'Medical images through the algorithms of a catalog.',
  description:
    'Research software: not a medical device, not for diagnosis, treatment or triage.\n\nEvery answer has `x-request-id`. Every error is `application/problem+json` (RFC 9457). `HEAD` works wherever `GET` does; any other method is 405 with `Allow`. In AWS the gateway in front answers by itself, with a body of its own, what is larger than 10 MB (413) and what takes longer than 30 s (503).',
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
};

const TAGS = [
  { name: 'jobs', description: 'Images in, results out.' },
  { name: 'algorithms', description: 'The catalog, and what of it runs.' },
  { name: 'platform', description: 'Whether the API answers, and what it is.' },
];

const KEYS = {
  client: { type: 'apiKey', in: 'header', name: 'x-api-key', description: "A client's key." },
  token: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: "An access token of the platform's issuer, where it has one (`identity` of the platform file).",
  },
  admin: { type: 'apiKey', in: 'header', name: 'x-admin-key', description: 'The admin key.' },
};

const SECURITY: Readonly<Record<Access, readonly Readonly<Record<string, readonly string[]>>[]>> = {
  everybody: [],
  client: [{ client: [] }, { token: [] }],
  admin: [{ admin: [] }],
  reader: [{ client: [] }, { token: [] }, { admin: [] }],
};

const REQUEST_ID = { 'x-request-id': { $ref: '#/components/headers/RequestId' } };

export function openApiDocument(routes: readonly Described[], schemas: Readonly<Record<string, Schema>>) {
  const urls = [...new Set(routes.map(({ url }) => url))];
  const document = {
    openapi: '3.1.1',
    info: INFO,
    servers: [{ url: '/' }],
    tags: TAGS,
    paths: Object.fromEntries(urls.map((url) => [pathOf(url), pathItem(routes.filter((route) => route.url === url))])),
    components: {
      schemas,
      headers: { RequestId: { description: "The request's id.", required: true, schema: { type: 'string', format: 'uuid' } } },
      responses: Object.fromEntries(Object.values(SHARED_PROBLEMS).map((one) => [one.name, problemResponse(one)])),
      securitySchemes: KEYS,
    },
  };
  checkReferences(document, schemas);
  return document;
}

/** `/jobs/:job_id` as `/jobs/{job_id}`. */
export function pathOf(url: string): string {
  return url.replace(/:(\w+)/g, '{$1}');
}

function pathItem(routes: readonly Described[]) {
  return Object.fromEntries(routes.map((route) => [route.method.toLowerCase(), operation(route)]));
}

function operation(route: Described) {
  const { operationId, tag, summary, description, params = {}, query = {}, body } = route.schema;
  const parameters = [...parametersIn('path', params), ...parametersIn('query', query)];
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description && { description }),
    security: SECURITY[route.access],
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { description: body.description, required: true, content: contentOf(body.schema, body.mediaTypes) },
    }),
    responses: responses(route),
  };
}

function parametersIn(place: 'path' | 'query', parameters: Readonly<Record<string, Parameter>>) {
  return Object.entries(parameters).map(([name, one]) => ({ name, in: place, required: place === 'path', ...one }));
}

function responses(route: Described) {
  const { answers, problems = {} } = route.schema;
  const shared = Object.entries(SHARED_PROBLEMS).filter(([, problem]) => problem.of(route));
  return {
    ...Object.fromEntries(shared.map(([status, { name }]) => [status, { $ref: `#/components/responses/${name}` }])),
    ...Object.fromEntries(Object.entries(problems).map(([status, words]) => [status, problemResponse({ description: words })])),
    ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, response(answer)])),
  };
}

function contentOf(schema: Schema, mediaTypes: readonly string[] = ['application/json']) {
  return Object.fromEntries(mediaTypes.map((type) => [type, { schema }]));
}

function response({ description, body, mediaTypes, headers = {} }: Answer) {
  const content = body && contentOf(body, mediaTypes);
  return { description, headers: { ...REQUEST_ID, ...headersOf(headers) }, ...(content && { content }) };
}

function problemResponse({ description, headers = {} }: Pick<SharedProblem, 'description' | 'headers'>) {
  return response({ description, body: ref('Problem'), mediaTypes: ['application/problem+json'], headers });
}

function headersOf(headers: Readonly<Record<string, Header>>) {
  return Object.fromEntries(Object.entries(headers).map(([name, { optional, ...one }]) => [name, { ...one, required: !optional }]));
}

/** @throws {Error} where a route names a schema that is not there. */
function checkReferences(document: object, schemas: Readonly<Record<string, Schema>>): void {
  for (const [, name = ''] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g))
    if (!Object.hasOwn(schemas, name)) throw new Error(`a route names the schema ${name}, which openapi/components.ts does not have`);
}
