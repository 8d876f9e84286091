/** The document as a page: Swagger UI from this API alone, nothing of it from elsewhere. */
import type { FastifyReply } from 'fastify';
import type { PageFile } from '../docs/pages.ts';
import { Problem } from '../middleware/problem.ts';
import type { AdminPorts } from '../ports.ts';
import type { Route } from './route.ts';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>MIP: the REST API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

/** A key that somebody types into the page is gone with it, and no validator elsewhere is asked about the document. */
const START = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#page', deepLinking: true, persistAuthorization: false, validatorUrl: null });
`;

/** Nothing is loaded from elsewhere, nothing inline runs, nobody frames the page. Icons of the stylesheet are data. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = { css: 'text/css', js: 'text/javascript' };
const FILES: Readonly<Record<string, PageFile | 'start.js'>> = {
  'swagger-ui.css': 'swagger-ui.css',
  'swagger-ui-bundle.js': 'swagger-ui-bundle.js',
  'start.js': 'start.js',
};

export const readDocs: Route<AdminPorts> = {
  method: 'GET',
  url: '/docs',
  access: 'everybody',
  part: 'admin',
  schema: {
    operationId: 'readDocs',
    tag: 'platform',
    summary: 'This document as a page to read and to try.',
    answers: { 200: { description: 'The page.', body: { type: 'string' }, mediaTypes: ['text/html'] } },
  },
  handler: () => async (_request, reply) => send(reply, PAGE, 'text/html'),
};

export const readDocsFile: Route<AdminPorts> = {
  method: 'GET',
  url: '/docs/:file',
  access: 'everybody',
  part: 'admin',
  schema: {
    operationId: 'readDocsFile',
    tag: 'platform',
    summary: 'A file of the page.',
    params: { file: { description: "The file's name.", schema: { type: 'string', enum: Object.keys(FILES) } } },
    answers: { 200: { description: 'The file.', body: { type: 'string' }, mediaTypes: Object.values(TYPES) } },
    problems: { 404: 'The page has no file of this name.' },
  },
  handler:
    ({ pages }) =>
    async (request, reply) => {
      const { file: name } = request.params as { file: string };
      const file = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
      if (!file) throw new Problem(404, 'The page has no file of this name.');
      return send(reply, file === 'start.js' ? START : await pages.read(file), TYPES[name.split('.').at(-1) ?? ''] ?? '');
    },
};

function send(reply: FastifyReply, content: string | Buffer, type: string): FastifyReply {
  return reply
    .headers({
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'public, max-age=300',
    })
    .send(content);
}
