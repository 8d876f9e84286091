/** The files of the documentation page where this repository has them. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pagesAt } from '../docs/pages.ts';

const { resolve } = createRequire(import.meta.url);

export const PAGES = pagesAt({
  'openapi.json': join(import.meta.dirname, '../../../../schemas/openapi.json'),
  'swagger-ui.css': resolve('swagger-ui-dist/swagger-ui.css'),
  'swagger-ui-bundle.js': resolve('swagger-ui-dist/swagger-ui-bundle.js'),
});
