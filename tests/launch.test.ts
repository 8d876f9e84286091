/** What a newcomer reads when something is missing: the launcher on a machine that lacks one tool. Nothing is installed here. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const repository = join(import.meta.dirname, '..');
let root: string;
let bin: string;

/** A program on the PATH of the launcher that prints nothing and ends as told. */
function fake(name: string, script = 'exit 0'): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
}

function launch() {
  const done = spawnSync(process.execPath, [join(root, 'tools/launch.mjs'), 'up'], { encoding: 'utf8', env: { PATH: bin } });
  return { status: done.status, text: done.stderr };
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mip-launch-'));
  bin = join(root, 'bin');
  for (const folder of ['bin', 'tools', 'node_modules']) mkdirSync(join(root, folder));
  for (const file of ['tools/launch.mjs', 'package.json', 'package-lock.json', 'requirements'])
    cpSync(join(repository, file), join(root, file), { recursive: true });
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(readFileSync(join(root, 'package.json')));
  writeFileSync(join(root, 'node_modules/.mip-stamp'), lock.digest('hex'));
  symlinkSync('/bin/sh', join(bin, 'sh'));
  for (const tool of ['make', 'cc', 'python3']) fake(tool);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the launcher says in a sentence what is missing and what to do', () => {
  it.each<[string, () => void, RegExp]>([
    ['no make', () => rmSync(join(bin, 'make')), /there is no make on the PATH: install it/],
    ['no compiler', () => rmSync(join(bin, 'cc')), /there is no cc on the PATH: install a C compiler/],
    ['no Python', () => rmSync(join(bin, 'python3')), /no Python 3.11 or later on the PATH: install it/],
    ['a Python that is too old', () => fake('python3', 'case "$2" in *version_info*) exit 1;; esac'), /no Python 3.11 or later/],
    ['no venv module', () => fake('python3', 'case "$2" in *ensurepip*) exit 1;; esac'), /python3 has no venv module: install it/],
  ])('%s', (_, remove, sentence) => {
    remove();
    const { status, text } = launch();
    expect(status).toBe(1);
    expect(text).toMatch(sentence);
    expect(text.trim().split('\n')).toHaveLength(1);
  });
});
