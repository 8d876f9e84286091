/** One JavaScript file of a program, as it is shipped: Node strips no types under node_modules, so what others run has to be bundled. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buildSync } from 'esbuild';

const folder = mkdtempSync(join(tmpdir(), 'mip-bundles-'));
const made = new Map<string, string>();

/** @param entry an absolute path. @returns the path of its bundle, made once in a run. */
export function bundled(entry: string): string {
  const known = made.get(entry);
  if (known) return known;
  const outfile = join(folder, basename(entry).replace(/\.ts$/, '.cjs'));
  buildSync({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minifyWhitespace: true,
    minifySyntax: true,
    keepNames: true,
    platform: 'node',
    // The ES modules of packages, of which what is not used is left out; as one CommonJS file, since an `import` of node:http loads all of undici.
    mainFields: ['module', 'main'],
    format: 'cjs',
    target: 'node24',
  });
  made.set(entry, outfile);
  return outfile;
}
