import type { AdminPorts } from '../ports.ts';
import type { Route } from './route.ts';

/** This API as an OpenAPI 3.1 document: `schemas/openapi.json`, which `tools/openapi.ts` writes from the routes. */
export const readDocument: Route<AdminPorts> = {
  method: 'GET',
  url: '/openapi.json',
  access: 'everybody',
  part: 'admin',
  schema: {
    operationId: 'readDocument',
    tag: 'platform',
    summary: 'This document.',
    answers: { 200: { description: 'An OpenAPI 3.1 document.', body: { type: 'object', required: ['openapi', 'info', 'paths'] } } },
  },
  handler:
    ({ pages }) =>
    async (_request, reply) =>
      reply.headers({ 'cache-control': 'public, max-age=300', 'content-type': 'application/json' }).send(await pages.read('openapi.json')),
};
