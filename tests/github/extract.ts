/**
 * Writes `openapi.json`: of GitHub's published description the operations that the double answers, as JSON Schema.
 *
 *     npm pack @octokit/openapi@23.0.1 --pack-destination /tmp
 *     tar xzf /tmp/octokit-openapi-23.0.1.tgz -C /tmp package/generated/api.github.com.json
 *     node tests/github/extract.ts /tmp/package/generated/api.github.com.json
 *
 * The version is the one that `@octokit/openapi-types` was generated from, so that types and checks agree. The package is 385 MB
 * unpacked and therefore no dependency. Nothing is edited: keywords that check nothing (descriptions, examples, defaults) are left out.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OPERATIONS } from './permissions.ts';

// biome-ignore lint/suspicious/noExplicitAny: a JSON document that is only walked through
type Json = any;

/** Keywords that say the same in OpenAPI 3.0 and in JSON Schema. */
const PLAIN = [
  'type',
  'enum',
  'required',
  'format',
  'pattern',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
  '$ref',
];

/** @returns the schema in JSON Schema's words: `nullable` becomes a type of its own. */
function toJsonSchema(schema: Json): Json {
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept: Json = {};
  for (const keyword of PLAIN) if (keyword in schema) kept[keyword] = schema[keyword];
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) if (schema[keyword]) kept[keyword] = schema[keyword].map(toJsonSchema);
  if (schema.properties)
    kept.properties = Object.fromEntries(Object.entries(schema.properties).map(([name, own]) => [name, toJsonSchema(own)]));
  if (schema.items) kept.items = toJsonSchema(schema.items);
  if ('additionalProperties' in schema) kept.additionalProperties = toJsonSchema(schema.additionalProperties);
  return schema.nullable ? { anyOf: [{ type: 'null' }, kept] } : kept;
}

function contentOf({ content }: Json): Json {
  if (!content) return {};
  return { content: Object.fromEntries(Object.entries(content).map(([type, own]: Json) => [type, { schema: toJsonSchema(own.schema) }])) };
}

/** References to parameters and responses are followed, those to schemas stay. */
function operationOf(operation: Json, follow: (found: Json) => Json): Json {
  const { operationId, parameters = [], requestBody, responses } = operation;
  return {
    operationId,
    parameters: parameters.map(follow).map((own: Json) => ({
      name: own.name,
      in: own.in,
      ...(own.required && { required: true }),
      ...(own['x-multi-segment'] && { 'x-multi-segment': true }),
      schema: toJsonSchema(own.schema),
    })),
    ...(requestBody && { requestBody: { required: requestBody.required === true, ...contentOf(requestBody) } }),
    responses: Object.fromEntries(Object.entries(responses).map(([status, own]) => [status, contentOf(follow(own))])),
  };
}

/** Adds the schema that a reference names, and what that refers to. */
function collect(found: Json, schemas: Json, into: Map<string, Json>): void {
  if (typeof found !== 'object' || found === null) return;
  const name = typeof found.$ref === 'string' ? found.$ref.split('/').at(-1) : undefined;
  if (name && !into.has(name)) {
    into.set(name, toJsonSchema(schemas[name]));
    collect(into.get(name), schemas, into);
  }
  for (const own of Object.values(found)) collect(own, schemas, into);
}

function extract(description: Json): Json {
  const follow = (found: Json) => (found.$ref ? description.components[found.$ref.split('/')[2]][found.$ref.split('/')[3]] : found);
  const paths: Json = {};
  for (const [path, item] of Object.entries(description.paths))
    for (const [method, operation] of Object.entries(item as Json) as Json)
      if (operation.operationId in OPERATIONS) {
        paths[path] ??= {};
        paths[path][method] = operationOf(operation, follow);
      }
  const schemas = new Map<string, Json>();
  collect(paths, description.components.schemas, schemas);
  const { title, version, license } = description.info;
  const sorted = [...schemas].sort(([a], [b]) => (a < b ? -1 : 1));
  return { openapi: '3.1.0', info: { title, version, license }, paths, components: { schemas: Object.fromEntries(sorted) } };
}

/** One path or schema a line, so that a new version can be reviewed. */
function write({ openapi, info, paths, components }: Json): string {
  const lines = (table: Json) =>
    Object.entries(table)
      .map(([name, own]) => `${JSON.stringify(name)}:${JSON.stringify(own)}`)
      .join(',\n');
  const head = `"openapi":${JSON.stringify(openapi)},\n"info":${JSON.stringify(info)}`;
  return `{${head},\n"paths":{\n${lines(paths)}\n},\n"components":{"schemas":{\n${lines(components.schemas)}\n}}}\n`;
}

const source = process.argv[2];
if (!source) throw new Error('Say where api.github.com.json is: node tests/github/extract.ts FILE');
writeFileSync(join(import.meta.dirname, 'openapi.json'), write(extract(JSON.parse(readFileSync(source, 'utf8')))));
