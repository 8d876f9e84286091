/**
 * `npm test`: every suite of the repository, and one last line with the totals of all of them. A suite is a command and a way to read its
 * counts; a suite that breaks before it can count is one failure. TypeScript's tests wait for processes much of their time: all other suites
 * run beside them, one after another, and are printed each as a whole.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Suite {
  readonly title: string;
  readonly command: readonly string[];
  readonly count: (exitCode: number, output: string) => Counts;
}

const MEMORY = '/dev/shm';
/** Bytes: eight times what the tests have there at the most. */
const ROOM = 2 ** 31;
const root = join(import.meta.dirname, '..');
const scratch = inMemory() ?? mkdtempSync(join(tmpdir(), 'mip-test-'));
const full = process.argv.includes('--full');
const only = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const vitestReport = join(scratch, 'vitest.json');
const pytestReport = join(scratch, 'pytest.xml');

/** A folder in memory, where repositories are cloned five times as fast as on a disk; undefined where none has room for all and runs programs. */
function inMemory(): string | undefined {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize < ROOM) return undefined;
    const folder = mkdtempSync(join(MEMORY, 'mip-test-'));
    const program = join(folder, 'program');
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
    if (spawnSync(program).status === 0) return folder;
    rmSync(folder, { recursive: true });
  } catch {} // there is none, or it is not ours to write to
  return undefined;
}

/** A check passes or fails as a whole, or says in a line `1 skipped: needs …` what the machine lacks for it. */
function check(title: string, ...command: string[]): Suite {
  return { title, command, count: countCheck };
}

function countCheck(exitCode: number, output: string): Counts {
  if (exitCode !== 0) return { passed: 0, failed: 1, skipped: 0 };
  return /^1 skipped: needs /m.test(output) ? { passed: 0, failed: 0, skipped: 1 } : { passed: 1, failed: 0, skipped: 0 };
}

function countVitest(): Counts {
  const report = JSON.parse(readFileSync(vitestReport, 'utf8'));
  const brokenFiles = report.testResults.filter(
    (file: { status: string; assertionResults: unknown[] }) => file.status === 'failed' && !file.assertionResults.length,
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function countPytest(): Counts {
  const suite = /<testsuite [^>]*>/.exec(readFileSync(pytestReport, 'utf8'))?.[0] ?? '';
  const number = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = number('failures') + number('errors');
  return { passed: number('tests') - failed - number('skipped'), failed, skipped: number('skipped') };
}

/** The C programs print `N passed, N failed` as their last line. */
function countLines(_: number, output: string): Counts {
  const lines = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)];
  const sum = (group: number) => lines.reduce((total, line) => total + Number(line[group]), 0);
  return { passed: sum(1), failed: sum(2), skipped: 0 };
}

/** It takes longer than all others together. */
const LONG = 'TypeScript';

const SUITES: readonly Suite[] = [
  check('format and lint (biome)', 'biome', 'check', '--error-on-warnings', '.'),
  check('types (tsc)', 'tsc', '-p', '.'),
  check('generated types', 'node', 'tools/generate-types.ts', '--check'),
  check('API document and client', 'node', 'tools/openapi.ts', '--check'),
  check('action READMEs', 'node', 'tools/action-readmes.ts', '--check'),
  check('workflows (actionlint)', 'node', 'tools/actionlint.ts'),
  check('workflows (zizmor)', '.venv/bin/zizmor', '--offline', '--no-progress', '.github', 'actions'),
  check('bundled actions', 'node', 'tools/bundle-actions.ts', '--check'),
  check('format and lint (ruff)', '.venv/bin/ruff', 'check', '.'),
  check('format (ruff)', '.venv/bin/ruff', 'format', '--check', '.'),
  check('types (pyright)', 'pyright', '--pythonpath', '.venv/bin/python'),
  { title: 'C', command: ['make', '-s', '-C', 'algorithms/kernels', 'test'], count: countLines },
  {
    title: 'Python',
    // Hypothesis's own profile `ci` says the same of the same commit each time, as tests/seed.ts does.
    command: ['.venv/bin/python', '-m', 'pytest', '-q', ...(full ? [] : ['--hypothesis-profile=ci']), `--junitxml=${pytestReport}`],
    count: countPytest,
  },
  {
    title: LONG,
    command: ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile=${vitestReport}`],
    count: countVitest,
  },
];

/** @param print what the suite writes, as it comes. */
function execute(suite: Suite, print: (text: Buffer | string) => void): Promise<Counts> {
  const [program = '', ...args] = suite.command;
  return new Promise((resolve) => {
    const environment = { ...process.env, TMPDIR: scratch, ...(full ? { MIP_TEST_FULL: '1' } : {}) };
    const child = spawn(program, args, { cwd: root, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
      print(chunk);
    });
    child.stderr.on('data', print);
    child.on('error', (error) => print(`${error.message}\n`));
    child.on('close', (exitCode) => resolve(safely(suite, exitCode ?? 1, output)));
  });
}

/** A suite that ended badly without a counted failure is one failure: nothing fails in silence. */
function safely(suite: Suite, exitCode: number, output: string): Counts {
  const broken = { passed: 0, failed: 1, skipped: 0 };
  try {
    const counts = suite.count(exitCode, output);
    const none = counts.passed + counts.failed + counts.skipped === 0;
    return (exitCode !== 0 && counts.failed === 0) || none ? { ...counts, failed: counts.failed + 1 } : counts;
  } catch {
    return broken;
  }
}

const total = { passed: 0, failed: 0, skipped: 0 };
const summary: string[] = [];

async function run(suite: Suite, print: (text: Buffer | string) => void): Promise<void> {
  print(`\n── ${suite.title} ──\n`);
  const start = performance.now();
  const counts = await execute(suite, print);
  for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key];
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  summary.push(`${suite.title.padEnd(26)} ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped, ${seconds} s`);
}

/** One after another; each is printed when it has ended. */
async function runQuietly(suites: readonly Suite[]): Promise<void> {
  for (const suite of suites) {
    const printed: (Buffer | string)[] = [];
    await run(suite, (text) => printed.push(text));
    for (const text of printed) process.stdout.write(text);
  }
}

try {
  const chosen = SUITES.filter((one) => !only.length || only.some((word) => one.title.toLowerCase().includes(word.toLowerCase())));
  const long = chosen.filter(({ title }) => title === LONG);
  await Promise.all([
    ...long.map((suite) => run(suite, (text) => void process.stdout.write(text))),
    runQuietly(chosen.filter(({ title }) => title !== LONG)),
  ]);
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}
process.stdout.write(`\n${summary.map((line) => `  ${line}`).join('\n')}\n\n`);
process.stdout.write(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}\n`);
process.exitCode = total.failed ? 1 : 0;
