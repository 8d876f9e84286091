/**
 * The server as files that run anywhere Node.js does, without `node_modules`: what its image holds. The Dockerfile calls it as
 * `node packages/image-store/src/bundle.ts FOLDER`; the local cloud packs the same files without a container engine.
 */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';

/** One file of the image; `path` is relative to its folder there. */
export interface BundledFile {
  readonly path: string;
  readonly content: Uint8Array;
}

const REPOSITORY = join(import.meta.dirname, '../../..');
/** What the image starts, in the folder of the files. */
export const SERVER = 'server.mjs';
/** How it keeps its memory small (docs/adr: how multipart and DICOM are read). The Dockerfile says the same, which a test holds. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  NODE_ENV: 'production',
  NODE_OPTIONS: '--max-semi-space-size=2 --max-old-space-size=1024',
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '65536',
};
/** What becomes a file of its own. The worker is what threads of the server run (`pixels/pool.ts` looks for it beside itself). */
const ENTRIES: Readonly<Record<string, string>> = {
  [SERVER]: join(import.meta.dirname, 'server.ts'),
  'worker.js': join(import.meta.dirname, 'pixels/worker.ts'),
};
/** Beside the main file of a package: what it reads from there. */
const BESIDE: Readonly<Record<string, string>> = { 'dcmjs-codecs': 'dcmjs-native-codecs.wasm' };
/** For CommonJS inside an ECMAScript module; by another name than a source may import it. */
const REQUIRE = "import{createRequire as requireOf}from'node:module';const require=requireOf(import.meta.url);";
/** `.js` is an ECMAScript module here. */
const PACKAGE: BundledFile = { path: 'package.json', content: Buffer.from('{"type":"module"}\n') };

/** The same sources and packages give the same bytes on any machine. @param entries others than the server's, for a test: file → its source. */
export async function bundleImageStore(entries: Readonly<Record<string, string>> = ENTRIES): Promise<readonly BundledFile[]> {
  const bundles = Object.entries(entries).map(async ([path, source]) => ({ path, content: await bundle(source) }));
  const beside = Object.entries(BESIDE).map(async ([name, file]) => ({ path: basename(file), content: await besideMain(name, file) }));
  return [...(await Promise.all(bundles)), ...(await Promise.all(beside)), PACKAGE];
}

async function bundle(entry: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    absWorkingDir: REPOSITORY,
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE },
    minifySyntax: true,
    minifyWhitespace: true, // names stay: a stack trace is read by people
    legalComments: 'none',
    logLevel: 'error',
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

function besideMain(name: string, file: string): Promise<Uint8Array> {
  return readFile(join(dirname(createRequire(import.meta.url).resolve(name)), file));
}

if (import.meta.main) {
  const [, , folder] = process.argv;
  if (folder === undefined) throw new Error('Say which folder gets the files: node packages/image-store/src/bundle.ts FOLDER');
  await mkdir(folder, { recursive: true });
  for (const { path, content } of await bundleImageStore()) await writeFile(join(folder, path), content);
}
