/**
 * The launcher behind `npm start`, `npm test`, `npm run bench`, `npm run story` and `npm run live`. It runs under whatever Node.js the machine has
 * (20 or later), installs what is missing from the lock files, and goes on under the project's own Node.js. No dependency may be imported here.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const VENV = join(ROOT, '.venv');
/** Where Node.js keeps what it compiled: a command that starts again is up in half the time. */
const COMPILED = join(ROOT, 'node_modules', '.cache', 'node-compile');
const PYTHON = join(VENV, 'bin', 'python');
const PROGRAMS = {
  up: { requirements: 'start', script: 'packages/cli/src/main.ts', args: ['up'] },
  test: { requirements: 'test', script: 'tools/test.ts', args: [] },
  bench: { requirements: 'test', script: 'benchmarks/main.ts', args: [] },
  live: { requirements: 'test', script: 'tests/live/main.ts', args: [] },
  story: { requirements: 'test', script: 'tests/workflows/story-main.ts', args: [] },
};

/** Ends with a sentence that says what is missing and what to do about it. */
function stop(sentence) {
  process.stderr.write(`mip: ${sentence}\n`);
  process.exit(1);
}

function digest(...files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(ROOT, file)));
  return hash.digest('hex');
}

/** Runs `install` unless its stamp says that the same lock files were installed before. */
function once(stamp, wanted, title, install) {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const start = Date.now();
  process.stdout.write(`mip: ${title} …\n`);
  install();
  mkdirSync(join(stamp, '..'), { recursive: true });
  writeFileSync(stamp, wanted);
  process.stdout.write(`mip: ${title}: ${((Date.now() - start) / 1000).toFixed(1)} s\n`);
}

/** Runs a command quietly; on failure shows all that it printed, then `hint`. */
function run(command, args, hint) {
  const done = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (done.status === 0) return done.stdout;
  process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}`);
  return stop(`${command} ${args.slice(0, 3).join(' ')} failed${done.error ? ` (${done.error.message})` : ''}. ${hint}`);
}

function works(command, args) {
  return spawnSync(command, args, { encoding: 'utf8' }).status === 0;
}

function checkTools() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) stop(`Node.js ${process.versions.node} is too old: install Node.js 20 or later (https://nodejs.org).`);
  for (const [tool, hint] of [
    ['make', 'install it (Debian: apt-get install make; macOS: xcode-select --install).'],
    ['cc', 'install a C compiler (Debian: apt-get install gcc libc6-dev; macOS: xcode-select --install).'],
  ]) {
    if (!works(tool, ['--version'])) stop(`there is no ${tool} on the PATH: ${hint}`);
  }
}

function findPython() {
  const check = 'import sys; sys.exit(sys.version_info < (3, 11))';
  const names = [process.env.PYTHON, 'python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11'].filter(Boolean);
  const python = names.find((name) => works(name, ['-c', check]));
  if (!python) stop('there is no Python 3.11 or later on the PATH: install it (Debian: apt-get install python3 python3-venv).');
  if (!works(python, ['-c', 'import venv, ensurepip'])) {
    stop(`${python} has no venv module: install it (Debian: apt-get install python3-venv).`);
  }
  return python;
}

function installNode() {
  const wanted = digest('package-lock.json', 'package.json');
  once(join(ROOT, 'node_modules', '.mip-stamp'), wanted, 'installing the npm packages', () => {
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], 'Is the npm registry reachable?');
  });
}

function installPython(requirements) {
  const hint = 'Is the Python package index reachable? Behind a proxy: docs/local-cloud.md, "When it does not start".';
  once(join(VENV, '.mip-uv'), digest('requirements/uv.txt'), 'making the Python environment', () => {
    run(findPython(), ['-m', 'venv', '--clear', VENV], 'Is there room on the disk?');
    run(PYTHON, ['-m', 'pip', 'install', '--quiet', '--require-hashes', '-r', 'requirements/uv.txt'], hint);
  });
  const file = `requirements/${requirements}.txt`;
  const superset = join(VENV, '.mip-test');
  if (requirements === 'start' && existsSync(superset) && readFileSync(superset, 'utf8') === digest('requirements/test.txt')) return;
  once(join(VENV, `.mip-${requirements}`), digest(file), `installing the Python packages (${file})`, () => {
    run(join(VENV, 'bin', 'uv'), ['pip', 'install', '--quiet', '--python', PYTHON, '--require-hashes', '-r', file], hint);
  });
}

function start(program, args) {
  const bin = join(ROOT, 'node_modules', '.bin');
  const path = [bin, join(VENV, 'bin'), process.env.PATH].join(delimiter);
  const child = spawn(join(bin, 'node'), [join(ROOT, program.script), ...program.args, ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    // A benchmark measures starts as they are elsewhere, without it.
    env: { NODE_COMPILE_CACHE: program === PROGRAMS.bench ? '' : COMPILED, ...process.env, PATH: path },
  });
  // Ctrl-C reaches the child through the terminal; what is sent to this process alone is passed on.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}

const [name, ...args] = process.argv.slice(2);
const program = PROGRAMS[name];
if (!program) stop(`usage: node tools/launch.mjs ${Object.keys(PROGRAMS).join('|')} [arguments]`);
checkTools();
installNode();
installPython(program.requirements);
start(program, args);
