/** One process, cold, from its start to its end: how long it took and how much memory it held at most. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
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
  /** All that it sees, in place of what this process sees: without V8's compiled code, too. */
  readonly environment?: Readonly<Record<string, string>>;
}

const PYTHON = join(ROOT, '.venv/bin/python');
const PROGRAM = join(ROOT, 'benchmarks/measured.py');

/** @throws with what the command wrote when it ends in another way than accepted. */
export function measured(command: readonly string[], options: Options = {}): Cost {
  const done = spawnSync(PYTHON, [PROGRAM, ...command], { ...settings(options), encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stderr);
  return costOf(done.stdout, command, options);
}

/** The same of a process that this one answers meanwhile. */
export async function measuredMeanwhile(command: readonly string[], options: Options = {}): Promise<Cost> {
  const { stdout } = await promisify(execFile)(PYTHON, [PROGRAM, ...command], settings(options));
  return costOf(stdout, command, options);
}

function settings({ folder = ROOT, environment }: Options) {
  const env = environment ?? { ...process.env, CHECKPOINT_DISABLE: '1', NODE_COMPILE_CACHE: COMPILED };
  return { cwd: folder, maxBuffer: 1 << 28, env };
}

function costOf(printed: string, command: readonly string[], { accepted = [0] }: Options): Cost {
  const { status, ...cost }: Cost & { readonly status: number } = JSON.parse(printed);
  if (!accepted.includes(status)) throw new Error(`${command[0]} ended with ${status}: ${(cost.error || cost.output).slice(-2000)}`);
  return cost;
}
