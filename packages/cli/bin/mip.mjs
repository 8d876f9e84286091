#!/usr/bin/env node
// `npx mip …`: goes on under the project's own Node.js, which runs TypeScript as it is.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..', '..');
const bin = join(root, 'node_modules', '.bin');
const node = join(bin, 'node');
if (!existsSync(node)) {
  process.stderr.write('mip: the packages are not installed: run `npm start` or `npm ci` first.\n');
  process.exit(1);
}
// A command is short: V8 keeps what it compiled from one to the next, and young objects need no more room than this.
const child = spawn(node, ['--max-semi-space-size=8', join(here, '..', 'src', 'main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: {
    NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'mip-compiled'),
    ...process.env,
    PATH: [bin, join(root, '.venv', 'bin'), process.env.PATH].join(delimiter),
  },
});
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code) => process.exit(code ?? 1));
