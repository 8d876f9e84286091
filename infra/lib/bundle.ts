/** The code of a Lambda: one TypeScript file bundled with everything it imports, by esbuild on this machine. Docker is never asked. */

import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, type OutputFile } from 'esbuild';

export const REPOSITORY = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const NO_COMPILER = join(REPOSITORY, 'infra', 'lib', 'no-schema-compiler.cjs');

/** `index.mjs`, what it imports sooner or later, and their source maps. The bundle holds the AWS SDK of the lock file, not the one that AWS happens to ship. The same source gives the same bytes anywhere. */
export function bundle(entry: string): readonly OutputFile[] {
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    absWorkingDir: REPOSITORY,
    outdir: join(REPOSITORY, 'infra', 'cdk.out'), // only named, never written: source maps are relative to it
    entryNames: 'index',
    outExtension: { '.js': '.mjs' },
    splitting: true, // what is imported when it is first needed costs no cold start
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    alias: { '@fastify/ajv-compiler': NO_COMPILER, '@fastify/fast-json-stringify-compiler': NO_COMPILER },
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" }, // for CommonJS inside ESM
    minify: true,
    keepNames: true, // logs tell errors by their names
    legalComments: 'none',
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'error',
  });
  return outputFiles;
}

/** Of a bundle, `index.mjs` and what it imports when it starts, but not what it only may import later. */
export function loadedAtOnce(bundled: readonly OutputFile[]): readonly OutputFile[] {
  const files = new Map(bundled.map((file) => [basename(file.path), file]));
  const loaded = new Set(['index.mjs']);
  for (const name of loaded)
    for (const [, imported = ''] of files.get(name)?.text.matchAll(/(?:from|import)"\.\/([\w.-]+)"/g) ?? []) loaded.add(imported);
  return [...loaded].flatMap((name) => files.get(name) ?? []);
}
