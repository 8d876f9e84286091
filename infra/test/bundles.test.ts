/** What Lambdas are shipped as: small enough to start fast, and what is left out of them is not missed. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle, loadedAtOnce, REPOSITORY } from '../lib/bundle.ts';

const MOST_BYTES = 1_500_000;
const ENTRIES = ['router', 'admin', 'sweeper', 'admin-key'] as const;
const folder = mkdtempSync(join(tmpdir(), 'mip-bundle-'));

beforeAll(() => {
  const { resolve } = createRequire(import.meta.url);
  mkdirSync(join(folder, 'admin'));
  copyFileSync(join(REPOSITORY, 'schemas/openapi.json'), join(folder, 'admin', 'openapi.json'));
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js'])
    copyFileSync(resolve(`swagger-ui-dist/${file}`), join(folder, 'admin', file));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each(ENTRIES)('%s loads less than 1.5 MB when it starts', (name) => {
  const code = bundle(join(REPOSITORY, 'infra/lambda', `${name}.ts`)).filter(({ path }) => path.endsWith('.mjs'));
  mkdirSync(join(folder, name), { recursive: true });
  for (const { path, contents } of code) writeFileSync(join(folder, name, basename(path)), contents);
  const sizeOf = (files: readonly (typeof code)[number][]) => files.reduce((sum, { contents }) => sum + contents.length, 0);
  const [bytes, all] = [sizeOf(loadedAtOnce(code)), sizeOf(code)];
  console.log(`${name}: ${(bytes / 1000).toFixed(0)} kB, ${((all - bytes) / 1000).toFixed(0)} kB later`);
  expect(bytes).toBeGreaterThan(100_000);
  expect(bytes).toBeLessThan(MOST_BYTES);
});

/** Runs in a process of its own, as Lambda does it: loads a bundle, and gives the status and the start of the body of each path. */
const PROGRAM = `
const { handler } = await import(process.argv[1]);
const found = {};
for (const rawPath of process.argv.slice(2)) {
  const event = { version: '2.0', rawPath, rawQueryString: '', headers: {}, requestContext: { http: { method: 'GET', path: rawPath } }, isBase64Encoded: false };
  const { statusCode, body } = await handler(event, {});
  found[rawPath] = statusCode + ' ' + body.slice(0, 15).replaceAll('\\n', '');
}
console.error(JSON.stringify(found)); // the log is on standard output`;

async function ask(name: string, ...paths: string[]): Promise<Record<string, string>> {
  const { stderr } = await execa(process.execPath, ['--input-type=module', '-e', PROGRAM, join(folder, name, 'index.mjs'), ...paths], {
    env: {
      ...{ MIP_PREFIX: 'mip', MIP_PLATFORM: 'p', MIP_ACCOUNT: '000000000000', MIP_MAX_REQUEST_BYTES: '1000', MIP_PACS: '[]' },
      ...{ AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' },
    },
  });
  return JSON.parse(stderr);
}

describe('a bundle runs', () => {
  test('the router', async () => {
    expect(await ask('router', '/health', '/jobs', '/algorithms')).toEqual({
      '/health': '200 {"status":"heal',
      '/jobs': '401 {"type":"about:',
      '/algorithms': '404 {"type":"about:',
    });
  });

  test('the other one, with the files beside it', async () => {
    expect(await ask('admin', '/openapi.json', '/docs', '/docs/swagger-ui.css', '/algorithms', '/jobs')).toEqual({
      '/openapi.json': '200 {  "openapi": ',
      '/docs': '200 <!doctype html>',
      '/docs/swagger-ui.css': expect.stringMatching(/^200 /),
      '/algorithms': '401 {"type":"about:',
      '/jobs': '404 {"type":"about:',
    });
  });
});
