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
  const outfile = join(folder, basename(entry).replace(/\.ts$/, '.mjs'));
  // CommonJS packages inside ask for Node's own modules by `require`.
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  buildSync({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minifyWhitespace: true,
    minifySyntax: true,
    keepNames: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    banner,
  });
  made.set(entry, outfile);
  return outfile;
}
