/**
 * The server as files that run anywhere Node.js does, without `node_modules`: what its image holds. The Dockerfile calls it as
 * `node packages/image-store/src/bundle.ts FOLDER`; the local cloud packs the same files without a container engine.
 */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** One file of the image; `path` is relative to its folder there. */
export interface BundledFile {
  readonly path: string;
  readonly content: Uint8Array;
}

const REPOSITORY = join(import.meta.dirname, '../../..');
const ENTRY = join(import.meta.dirname, 'server.ts');
/** What the image starts, in the folder of the files. */
export const SERVER = 'server.mjs';
/** Files of packages that are read from beside the server, as `package/path`. */
const BESIDE: readonly string[] = [];

/** The same sources and packages give the same bytes on any machine. @param entry another than the server's, for a test. */
export async function bundleImageStore(entry = ENTRY): Promise<readonly BundledFile[]> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    absWorkingDir: REPOSITORY,
    outfile: join(REPOSITORY, SERVER), // only named, never written
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" }, // for CommonJS inside ESM
    minifySyntax: true,
    minifyWhitespace: true, // names stay: a stack trace is read by people
    legalComments: 'none',
    logLevel: 'error',
  });
  const require = createRequire(import.meta.url);
  const beside = BESIDE.map(async (name) => ({ path: basename(name), content: await readFile(require.resolve(name)) }));
  return [...outputFiles.map(({ contents }) => ({ path: SERVER, content: contents })), ...(await Promise.all(beside))];
}

if (import.meta.main) {
  const [, , folder] = process.argv;
  if (folder === undefined) throw new Error('Say which folder gets the files: node packages/image-store/src/bundle.ts FOLDER');
  await mkdir(folder, { recursive: true });
  for (const { path, content } of await bundleImageStore()) await writeFile(join(folder, path), content);
}
