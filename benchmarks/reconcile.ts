/** How fast a catalog is checked, as whole processes, cold; and how many AWS calls a plan over many algorithms makes. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalog } from '@mip/catalog';
import { plan } from '@mip/reconcile';
import { input, run as reconcile } from '@mip/reconcile/testing/fixtures';
import { MemoryAws } from '@mip/reconcile/testing/memory-aws';
import { median, type Row } from './row.ts';

const root = join(import.meta.dirname, '..');
const ROUNDS = 5;
/** The calls that a plan over 1,000 unchanged algorithms may make. */
const MOST_CALLS = 150;
const SCRIPT = 'js-yaml + ajv, 40 lines';

/** What both processes print. */
interface Verdict {
  readonly files: number;
  readonly faulty: readonly string[];
}

export async function run(log: (line: string) => void): Promise<readonly Row[]> {
  return [validateRow(1000, log), validateRow(10_000, log), await planRow(1000)];
}

function validateRow(count: number, log: (line: string) => void): Row {
  const repository = catalogOf(count);
  try {
    assertSameVerdicts(repository, count);
    const mip: number[] = [];
    const peer: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      mip.push(timed(() => runMip(repository)));
      peer.push(timed(() => runScript(repository)));
      log(`validate ${count}, round ${round + 1} of ${ROUNDS}: MIP ${mip.at(-1)?.toFixed(0)} ms, script ${peer.at(-1)?.toFixed(0)} ms`);
    }
    const ratio = median(mip.map((time, index) => (peer[index] ?? Number.NaN) / time));
    const name = `validate ${count} files, all rules`;
    return { case: name, unit: 'ms', mip: median(mip), peer: median(peer), peer_name: SCRIPT, ratio, goal: 1, holds: ratio >= 1 };
  } finally {
    rmSync(repository, { recursive: true, force: true });
  }
}

/** A repository with `count` entries that differ in name, text and numbers; all share one source folder. */
function catalogOf(count: number): string {
  const repository = mkdtempSync(join(tmpdir(), 'mip-bench-'));
  for (const folder of ['catalog/platforms', 'algorithms/window-level', 'tests/oracles'])
    cpSync(join(root, folder), join(repository, folder), { recursive: true });
  mkdirSync(join(repository, 'catalog/algorithms'));
  const entry = readFileSync(join(root, 'catalog/algorithms/window-level.yaml'), 'utf8');
  for (let index = 0; index < count; index += 1) {
    const name = `window-${Math.imul(index, 2_654_435_761) >>> 0}-${index}`;
    const text = entry.replace('name: window-level', `name: ${name}`).replace('timeout: 300', `timeout: ${300 + (index % 600)}`);
    writeFileSync(join(repository, 'catalog/algorithms', `${name}.yaml`), text);
  }
  return repository;
}

/** Both accept all, and both find the one file with a fault. */
function assertSameVerdicts(repository: string, count: number): void {
  const broken = join(repository, 'catalog/algorithms', 'broken.yaml');
  const check = (faulty: readonly string[]) => {
    for (const verdict of [runMip(repository), runScript(repository)]) {
      const expected = JSON.stringify({ files: count + faulty.length, faulty });
      if (JSON.stringify(verdict) !== expected)
        throw new Error(`a validator says ${JSON.stringify(verdict).slice(0, 300)}, not ${expected}`);
    }
  };
  check([]);
  writeFileSync(
    broken,
    readFileSync(join(root, 'catalog/algorithms/window-level.yaml'), 'utf8')
      .replace('name: window-level', 'name: broken')
      .replace('cpu: 256', 'cpu: 300'),
  );
  check(['broken.yaml']);
  rmSync(broken);
}

function runMip(repository: string): Verdict {
  return verdictOf([join(root, 'benchmarks/validate.ts'), repository]);
}

function runScript(repository: string): Verdict {
  return verdictOf([
    join(root, 'benchmarks/peers/validate-script.mjs'),
    join(repository, 'catalog/algorithms'),
    join(root, 'schemas/algorithm.schema.json'),
  ]);
}

function verdictOf(args: readonly string[]): Verdict {
  const done = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout);
}

/** Calls are exact where a time is noise. */
async function planRow(count: number): Promise<Row> {
  const repository = catalogOf(count);
  try {
    const { algorithms } = await loadCatalog(repository);
    const wanted = input(algorithms);
    const aws = new MemoryAws();
    await reconcile(aws, wanted);
    aws.world.restart();
    const before = aws.calls.total;
    const { plan: made } = await plan(aws, wanted);
    if (made.changes.length > 0) throw new Error('the plan of an unchanged catalog has changes');
    const calls = aws.calls.total - before;
    const name = `plan over ${count} unchanged algorithms`;
    return {
      case: name,
      unit: 'AWS calls',
      mip: calls,
      peer: MOST_CALLS,
      peer_name: 'the most allowed',
      ratio: MOST_CALLS / calls,
      goal: 1,
      holds: calls <= MOST_CALLS,
    };
  } finally {
    rmSync(repository, { recursive: true, force: true });
  }
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
