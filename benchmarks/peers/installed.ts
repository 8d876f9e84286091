/** Where the peers' programs are, if anywhere. Those of Python go into an environment of the benchmark's own, never into the product's. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ROOT } from '../catalog-of.ts';

const ENVIRONMENT = join(ROOT, 'node_modules/.cache/mip-bench');
const REQUIREMENTS = join(ROOT, 'requirements/bench.txt');

/** The path of a program on the PATH. */
export function installed(program: string, log: (line: string) => void): string | undefined {
  const folder = (process.env.PATH ?? '').split(delimiter).find((one) => existsSync(join(one, program)));
  if (folder === undefined) log(`${program} is not installed: its cases have no peer`);
  return folder === undefined ? undefined : join(folder, program);
}

/** The path of a program of `requirements/bench.txt`, which is installed at the first use. */
export function pythonPeer(program: string, log: (line: string) => void): string | undefined {
  const path = join(ENVIRONMENT, 'bin', program);
  if (!isCurrent()) install(log);
  if (!isCurrent() || !existsSync(path)) return undefined;
  return path;
}

const stamp = join(ENVIRONMENT, '.mip-stamp');

function isCurrent(): boolean {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === digest();
}

function digest(): string {
  return createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex');
}

function install(log: (line: string) => void): void {
  log('installing the Python peers (requirements/bench.txt)');
  const uv = join(ROOT, '.venv/bin/uv');
  const steps = [
    ['venv', '--quiet', '--clear', '--python', join(ROOT, '.venv/bin/python'), ENVIRONMENT],
    ['pip', 'install', '--quiet', '--python', join(ENVIRONMENT, 'bin/python'), '--require-hashes', '-r', REQUIREMENTS],
  ];
  for (const args of steps) {
    const done = spawnSync(uv, args, { encoding: 'utf8' });
    if (done.status !== 0) {
      log(`the Python peers could not be installed: ${done.stderr}`);
      return;
    }
  }
  writeFileSync(stamp, digest());
}
