/** Holds every answer against the OpenAPI document: its status, its headers and its body are in it for the operation that was asked. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { pathOf } from '../openapi/document.ts';

interface Response {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, { readonly required?: boolean; readonly $ref?: string }>>;
  readonly content?: Readonly<Record<string, object>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Response>> }>>>>;
}

const ID = 'https://mip.example/openapi';
const file = join(import.meta.dirname, '../../../../schemas/openapi.json');
const document = JSON.parse(readFileSync(file, 'utf8')) as Document;
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, ID);
const validators = new Map<string, ValidateFunction>();

/** @param told of what the document does not have, for each answer. */
export function holdToContract(app: FastifyInstance, told: (fault: string) => void): void {
  app.addHook('onSend', async (request, reply, payload) => {
    for (const fault of contractFaults(request, reply, payload))
      told(`${request.method} ${request.routeOptions.url} ${reply.statusCode}: ${fault}`);
    return payload;
  });
}

/** What of an answer the document does not have. */
function contractFaults(request: FastifyRequest, reply: FastifyReply, payload: unknown): readonly string[] {
  const where = pointerOf(request, reply.statusCode);
  if (where === undefined) return ['is not an answer of it'];
  const response = at(where) as Response;
  const missing = Object.entries(response.headers ?? {})
    .filter(([name, header]) => (header.required || header.$ref) && reply.getHeader(name) === undefined)
    .map(([name]) => `the header ${name} is missing`);
  return [...missing, ...bodyFaults(where, response, String(reply.getHeader('content-type') ?? ''), payload)];
}

/** Where the answer is described; a path that there is not and a method that it does not answer to are no operations. */
function pointerOf(request: FastifyRequest, status: number): string | undefined {
  const url = request.routeOptions.url;
  const method = request.method === 'HEAD' ? 'get' : request.method.toLowerCase();
  const path = url === undefined ? undefined : pathOf(url);
  const responses = path === undefined ? undefined : document.paths[path]?.[method]?.responses;
  if (path === undefined || !responses)
    return { 400: PROBLEM, 404: PROBLEM, 405: '/components/responses/MethodNotAllowed', 414: PROBLEM }[status];
  const found = responses[status];
  return found && (found.$ref?.slice(1) ?? `/paths/${escaped(path)}/${method}/responses/${status}`);
}

const PROBLEM = '/components/responses/BadRequest';

function bodyFaults(where: string, { content }: Response, type: string, payload: unknown): readonly string[] {
  const empty = payload === undefined || payload === null || payload === '';
  if (!content) return empty ? [] : ['it has a body'];
  const media = type.split(';')[0] ?? '';
  if (!Object.hasOwn(content, media)) return [`its type is ${media || 'none'}`];
  if (empty || !media.endsWith('json')) return [];
  const pointer = `${where}/content/${escaped(media)}/schema`;
  const validate = validators.get(pointer) ?? ajv.compile({ $ref: `${ID}#${pointer}` });
  validators.set(pointer, validate);
  validate(JSON.parse(String(payload)));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || '/'} ${message}`);
}

function at(pointer: string): unknown {
  const steps = pointer.split('/').slice(1);
  return steps.reduce<unknown>(
    (node, step) => (node as Record<string, unknown>)[step.replaceAll('~1', '/').replaceAll('~0', '~')],
    document,
  );
}

function escaped(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1');
}
