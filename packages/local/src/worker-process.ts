/** A process as a container would be: it starts, runs, is told to stop, and takes everything it started with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { execa } from 'execa';
import type { TaskProcess } from './tasks.ts';

/** What to run. Nothing of this process's own environment goes along. */
export interface Launch {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The file that standard output and standard error are added to. */
  readonly log: string;
  /** Seconds from SIGTERM to SIGKILL. */
  readonly stopTimeout: number;
  /** What ends, by force, that which the command leaves behind. */
  readonly end?: readonly [string, ...string[]];
  /** Where it is going to listen, if anywhere. */
  readonly port?: number;
}

/** How a process ended: `stopped` when that was asked for, `fault` when it never ran. */
export type End = { readonly by: 'stopped' } | { readonly by: 'fault'; readonly fault: Error } | ({ readonly by: 'itself' } & Exit);

/** As Node gives it: the code, or the signal that ended the process. */
interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * Runs the command in its shell's place, beside a guard that holds one end of a pipe. When the other end closes, however this process
 * ended, the guard stops the command as a container would be: SIGTERM to the first process, SIGKILL to the whole group. The guard is one
 * of the group, so the group's number is nobody else's as long as it waits.
 */
const GUARDED = `seconds=$1; shift
(trap '' TERM INT HUP; read -r _ <&3; kill -s TERM $$; sleep "$seconds"; kill -s KILL -- -$$) >/dev/null 2>&1 &
exec "$@" 3<&-`;

export class WorkerProcess {
  readonly #changed: () => void;
  readonly #ended: Promise<End>;
  #state: TaskProcess['state'] = 'starting';
  #startedAt = Date.now();
  #endedAt: number | undefined;
  #child: ChildProcess | undefined;
  #stopTimeout = 0;
  #port: number | undefined;

  /** Starts what `prepare` gives. @param changed called when it has started and when it has ended. */
  constructor(prepare: () => Promise<Launch>, changed: () => void) {
    this.#changed = changed;
    this.#ended = this.#run(prepare)
      .catch((fault: Error): End => (this.#isStopping() ? { by: 'stopped' } : { by: 'fault', fault }))
      .finally(() => this.#enter('ended'));
  }

  /** The process, which is also the number of its group; undefined before it started and after it ended. */
  get pid(): number | undefined {
    return this.#state === 'ended' ? undefined : this.#child?.pid;
  }

  /** The port of this machine that it was given, while it runs; it may not listen there yet. */
  get port(): number | undefined {
    return this.#state === 'running' ? this.#port : undefined;
  }

  /** Settles when it has ended; never rejects. */
  get ended(): Promise<End> {
    return this.#ended;
  }

  status(): Pick<TaskProcess, 'state' | 'startedAt' | 'endedAt'> {
    return { state: this.#state, startedAt: this.#startedAt, ...(this.#endedAt !== undefined && { endedAt: this.#endedAt }) };
  }

  /** SIGTERM, and SIGKILL to all of its group after the stop timeout; one that is still starting never runs. Resolves when it has ended. */
  async stop(): Promise<void> {
    if (this.#state === 'starting' || this.#state === 'running') {
      this.#state = 'stopping';
      this.#terminate();
    }
    await this.#ended;
  }

  async #run(prepare: () => Promise<Launch>): Promise<End> {
    const launch = await prepare();
    if (this.#isStopping()) return { by: 'stopped' };
    const { child, exit } = await launchGuarded(launch);
    this.#child = child;
    this.#stopTimeout = launch.stopTimeout;
    this.#port = launch.port;
    if (this.#isStopping()) this.#terminate();
    else this.#enter('running');
    const { code, signal } = await exit;
    // As in a container: what the first process leaves behind ends with it, the guard too.
    killGroup(child);
    await endRest(launch);
    return this.#isStopping() ? { by: 'stopped' } : { by: 'itself', code, signal };
  }

  #isStopping(): boolean {
    return this.#state === 'stopping';
  }

  #terminate(): void {
    const child = this.#child;
    if (!child?.pid) return; // still starting: it looks again before and after it has a process
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), this.#stopTimeout * 1000);
    void this.#ended.then(() => clearTimeout(force));
  }

  #enter(state: 'running' | 'ended'): void {
    const now = Date.now();
    this.#state = state;
    // One that never ran started when it ended: the time that its image took counts for nothing.
    if (state === 'running' || !this.#child) this.#startedAt = now;
    if (state === 'ended') this.#endedAt = now;
    this.#changed();
  }
}

/** @throws {Error} when there is no such folder, no shell, or no file to write to. */
async function launchGuarded({
  command,
  cwd,
  environment,
  log,
  stopTimeout,
}: Launch): Promise<{ child: ChildProcess; exit: Promise<Exit> }> {
  await mkdir(dirname(log), { recursive: true });
  const output = await open(log, 'a');
  try {
    const child = spawn('/bin/sh', ['-c', GUARDED, 'task', String(stopTimeout), ...command], {
      cwd,
      env: environment,
      detached: true, // its own process group: Ctrl-C reaches the supervisor only, which then stops it in order
      stdio: ['ignore', output.fd, output.fd, 'pipe'],
    });
    child.stdio[3]?.on('error', () => undefined); // nothing is ever sent through the pipe: only its end counts
    const exit = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    await once(child, 'spawn');
    return { child, exit };
  } finally {
    await output.close();
  }
}

/** A container outlives the engine's process that was killed; one that has gone already is no fault. */
async function endRest({ end, environment, cwd }: Launch): Promise<void> {
  if (end) await execa(end[0], end.slice(1), { env: environment, extendEnv: false, cwd, reject: false, stdio: 'ignore' });
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid) process.kill(-pid, 'SIGKILL');
  } catch {
    // nothing of it is left
  }
}
