/** One process, cold, from its start to its end: how long it took and how much memory it held at most. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './catalog-of.ts';

/** V8's compiled code is kept from run to run, as Python keeps its own; of every peer on Node.js too. */
const COMPILED = mkdtempSync(join(tmpdir(), 'mip-compiled-'));
process.once('exit', () => rmSync(COMPILED, { recursive: true, force: true }));

/** How MIP is started: as by packages/cli/bin/mip.mjs. */
export const NODE: readonly string[] = [process.execPath, '--max-semi-space-size=8'];

export interface Cost {
  readonly ms: number;
  /** Of user and system, in all its threads. */
  readonly cpuMs: number;
  /** The largest resident set, in MiB. */
  readonly peakMib: number;
  /** What it wrote to its standard output. */
  readonly output: string;
  /** What it wrote to its standard error. */
  readonly error: string;
}

interface Options {
  readonly folder?: string;
  /** The exit codes that say that it did its work. */
  readonly accepted?: readonly number[];
}

/** @throws with what the command wrote when it ends in another way than accepted. */
export function measured(command: readonly string[], { folder = ROOT, accepted = [0] }: Options = {}): Cost {
  const done = spawnSync(join(ROOT, '.venv/bin/python'), [join(ROOT, 'benchmarks/measured.py'), ...command], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, CHECKPOINT_DISABLE: '1', NODE_COMPILE_CACHE: COMPILED },
  });
  if (done.status !== 0) throw new Error(done.stderr);
  const { status, ...cost }: Cost & { readonly status: number } = JSON.parse(done.stdout);
  if (!accepted.includes(status)) throw new Error(`${command[0]} ended with ${status}: ${cost.error.slice(-2000)}`);
  return cost;
}
