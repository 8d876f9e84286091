/** One action → one folder: `node bundle-one.ts NAME FOLDER`, with the repository as working folder. A process of its own, as ncc takes a core. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ncc from '@vercel/ncc';
import { bundleSource } from './bundle-sources.ts';
import { bundledTwice, packageFolders } from './bundled-packages.ts';
import { licensesOf } from './licenses.ts';
import { SOURCES, sumsOf } from './sources.ts';

/** By name, what belongs into the folder. ncc adds a `package.json` that says what kind of module the code is. */
async function filesOf(code: string): Promise<Readonly<Record<string, string | Buffer>>> {
  const scratch = await mkdtemp(join(tmpdir(), 'mip-bundle-'));
  const [root, entry] = [process.cwd(), join(scratch, 'index.js')];
  await writeFile(join(scratch, 'package.json'), '{"type":"module"}');
  await writeFile(entry, code);
  process.chdir(scratch); // paths of modules, which decide their numbers, are relative to it
  try {
    // esbuild has minified: ncc's own way takes five times as long for the same size. What looks like the path of a file is none of ours.
    const made = await ncc(entry, { minify: false, cache: false, quiet: true, customEmit: () => false });
    const assets = Object.entries(made.assets).map(([name, { source }]) => [name, source]);
    return { 'index.js': made.code, ...Object.fromEntries(assets) };
  } finally {
    process.chdir(root);
    await rm(scratch, { recursive: true, force: true });
  }
}

async function bundleOne(name: string, folder: string): Promise<void> {
  const { code, files, read } = await bundleSource(process.cwd(), name);
  const twice = bundledTwice(files).map((sentence) => `it carries ${sentence}. Make it one, with overrides in package.json if need be.`);
  if (twice.length > 0) throw new Error(twice.join('\n'));
  const made = {
    ...(await filesOf(code)),
    'licenses.txt': await licensesOf(packageFolders(files)),
    [SOURCES]: sumsOf(process.cwd(), read),
  };
  await mkdir(folder, { recursive: true });
  for (const [file, content] of Object.entries(made)) await writeFile(join(folder, file), content);
}

const [name = '', folder = ''] = process.argv.slice(2);
await bundleOne(name, resolve(folder)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
