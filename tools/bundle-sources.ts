/**
 * What an action is made of → one module, as ncc takes it: ncc cannot read TypeScript of this version, takes packages in the format of which
 * nothing can be left out, and wraps what awaits at its top level so that all of it is read twice at the start.
 */
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { type BuildFailure, build } from 'esbuild';

export interface BundleSource {
  /** JavaScript that imports nothing but what Node.js has. */
  readonly code: string;
  /** The files whose code is in it, relative to the repository. */
  readonly files: readonly string[];
  /** All that were read, relative to the repository. */
  readonly read: readonly string[];
}

/** CommonJS packages ask for Node's own modules by `require`, which a module does not have. */
const REQUIRE = 'const require = (name) => process.getBuiltinModule(name);';

/** @throws {Error} with a sentence for all that is in the way. */
export async function bundleSource(root: string, name: string): Promise<BundleSource> {
  const { outputFiles, metafile } = await build({
    ...{ entryPoints: [join(root, 'actions', name, 'main.ts')], absWorkingDir: root, bundle: true, write: false, metafile: true },
    ...{ platform: 'node', target: 'node24', format: 'esm', supported: { 'top-level-await': false }, banner: { js: REQUIRE } },
    ...{ mainFields: ['module', 'main'], minify: true, legalComments: 'none', logLevel: 'silent' },
  }).catch((error: BuildFailure) => {
    throw new Error(error.errors.map(({ text, location }) => `${location?.file}:${location?.line} ${text}`).join('\n'));
  });
  const [output] = Object.values(metafile.outputs);
  const missing = output?.imports.filter(({ path }) => !isBuiltin(path)).map(({ path }) => `${path} is imported and not there.`) ?? [];
  if (missing.length > 0) throw new Error(missing.join('\n'));
  return { code: outputFiles[0]?.text ?? '', files: Object.keys(output?.inputs ?? {}).sort(), read: Object.keys(metafile.inputs) };
}
