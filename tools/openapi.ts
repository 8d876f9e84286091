/**
 * Writes `schemas/openapi.json` from the routes of the API and the schemas, and from it the types of its client; with `--check` it writes nothing
 * and fails when a file differs.
 * Run it with Node 24: `npx node tools/openapi.ts [--check]`.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROUTES } from '@mip/api/app';
import { componentSchemas, type SchemaSource } from '@mip/api/openapi/components';
import { openApiDocument } from '@mip/api/openapi/document';
import { formatted, type GeneratedFile, readSchema, stale, write } from './generate-types.ts';

const root = join(import.meta.dirname, '..');
const DOCUMENT = 'schemas/openapi.json';
const TYPES = 'packages/api/src/generated/openapi.ts';
const SOURCES: readonly SchemaSource[] = ['algorithm', 'job-request', 'job-record', 'job-event'];

/** Both files, as they should be. */
export function generateOpenApi(): GeneratedFile[] {
  const sources = Object.fromEntries(SOURCES.map((name) => [name, readSchema(name)])) as Parameters<typeof componentSchemas>[0];
  const document = JSON.stringify(openApiDocument(ROUTES, componentSchemas(sources)));
  return [
    { path: DOCUMENT, text: formatted(DOCUMENT, document) },
    { path: TYPES, text: formatted(TYPES, typesOf(document)) },
  ];
}

/** By the program of openapi-typescript: its library needs an older TypeScript than ours, which it has beside it. */
function typesOf(document: string): string {
  const api = createRequire(join(root, 'packages/api/package.json'));
  const program = join(api.resolve('openapi-typescript/package.json'), '../bin/cli.js');
  const types = execFileSync(process.execPath, [program, '--default-non-nullable', 'false'], {
    cwd: join(root, 'packages/api'),
    input: document,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return `// Generated from ${DOCUMENT} by tools/openapi.ts: change the routes or the schemas, then run that.\n${types}`;
}

if (import.meta.main) {
  const files = generateOpenApi();
  const behind = stale(files);
  if (!process.argv.includes('--check')) files.forEach(write);
  else if (behind.length) {
    console.error(`these files differ from the routes and schemas; run npx node tools/openapi.ts:\n  ${behind.join('\n  ')}`);
    process.exitCode = 1;
  }
}
