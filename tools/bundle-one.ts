/** One entry of the emitted tree → one folder: `node bundle-one.ts ENTRY FOLDER`, with the tree as working folder. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import ncc from '@vercel/ncc';
import { bundledTwice, type Module, missingModules, packageFolders } from './bundled-packages.ts';
import { licensesOf } from './licenses.ts';

const [entry = '', folder = ''] = process.argv.slice(2);

/**
 * As `ncc build ENTRY -m`, but no file goes beside the code: what ncc takes for one is a path that is only known when the action runs. And where
 * a package has ES modules beside CommonJS those are taken, as of the AWS SDK: what nobody calls is left out of them.
 */
const options = { minify: true, cache: false, quiet: true, customEmit: () => false as const, mainFields: ['module', 'main'] };
const { code, assets, stats } = await ncc(resolve(entry), options);
const listed = { all: false, modules: true, nestedModules: true, modulesSpace: Number.MAX_VALUE, nestedModulesSpace: Number.MAX_VALUE };
const modules: readonly Module[] = stats.toJson(listed).modules ?? [];

const wrong = [
  ...bundledTwice(modules).map((sentence) => `it carries ${sentence}. Make it one, with overrides in package.json if need be.`),
  ...missingModules(modules).map((name) => `${name} is imported and not there.`),
];
if (wrong.length) {
  console.error(wrong.join('\n'));
  process.exitCode = 1;
} else {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'index.js'), code);
  for (const [name, { source }] of Object.entries(assets)) await writeFile(join(folder, name), source);
  await writeFile(join(folder, 'licenses.txt'), await licensesOf(packageFolders(modules)));
}
