/**
 * The AWS emulator (MiniStack) as a supervised child of the local cloud.
 *
 * It saves its state only at a clean stop, so `<home>/emulator.json` says how the last one ended; and it keeps its port from run to
 * run where that port is free, because stored URLs (queues, image repositories) contain it.
 */

import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { discardUnsaved, type LastStop, lastStop, readState, type StateFile, writeState } from './emulator-state.ts';
import { emulatorConnection } from './environment.ts';
import { settle } from './stacks.ts';

export type { LastStop } from './emulator-state.ts';

export interface EmulatorOptions {
  /** The repository; its `node_modules/.bin/node` runs the emulator's Lambdas. */
  readonly root: string;
  /** The state folder, `.mip` by default in the command line. State goes to `<home>/emulator`, the log to `<home>/emulator.log`. */
  readonly home: string;
  /** The Python environment that holds `bin/ministack`; `<root>/.venv` by default. */
  readonly venv?: string;
  /** A port that must be taken; without it the last run's port, or else a free one. */
  readonly port?: number;
  readonly region?: string;
  readonly account?: string;
  /** Milliseconds that a clean stop may take before the emulator is killed; 15,000 by default. */
  readonly grace?: number;
  /** Milliseconds until it has to answer; 30,000 by default. */
  readonly patience?: number;
  readonly log?: (line: string) => void;
}

export interface Emulator {
  /** `http://127.0.0.1:<port>`, what clients take as `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
  readonly port: number;
  readonly pid: number;
  readonly lastStop: LastStop;
  /** Settles when the process has ended; `expected` is false when nobody called `stop`. */
  readonly exited: Promise<{ readonly expected: boolean }>;
  /** Ends it, saving its state. True when that stop was clean; safe to call twice. */
  stop(): Promise<boolean>;
}

const REGION = 'eu-central-1';
const START_PATIENCE = 30_000;
const STOP_GRACE = 15_000;

/**
 * Starts the emulator and waits until it answers.
 *
 * @throws Error with a sentence for the user: already in use by another process, port taken, not installed, or did not start.
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { root, home, venv = join(root, '.venv'), grace = STOP_GRACE, log: note = () => undefined } = options;
  const program = join(venv, 'bin', 'ministack');
  if (!existsSync(program))
    throw new Error(`${program} is missing: install it with \`${venv}/bin/pip install -r requirements/local.txt\`.`);
  const stateFile = stateFileOf(home);
  const before = await endLastRun(readState(stateFile), options, grace);
  if (lastStop(before) === 'unclean') note(await discardUnsaved(join(home, 'emulator')));
  const port = await choosePort(options.port, before?.port);
  mkdirSync(join(home, 'emulator', 'tmp'), { recursive: true });
  // Its Lambda workers are CommonJS scripts below this folder; a repository around it must not make modules of them.
  writeFileSync(join(home, 'emulator', 'package.json'), '{ "type": "commonjs" }\n');

  const log = createWriteStream(join(home, 'emulator.log'), { flags: 'a' });
  await once(log, 'open'); // the child writes to the file itself, so it outlives this process without a broken pipe
  const child = execa(program, [], {
    detached: true, // its own process group: Ctrl-C reaches this supervisor only, which then stops it in order
    reject: false,
    stdio: ['ignore', log, log],
    preferLocal: true, // node_modules/.bin first on PATH, so its Lambdas run on the Node of this repository
    localDir: root,
    env: environment(options, port),
  });
  log.end();
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${program} could not be started; try it by hand.`);
  const running: StateFile = { port, pid, supervisor: process.pid, stopped: null };
  try {
    writeState(stateFile, running);
  } catch (error) {
    signal(-pid, 'SIGKILL'); // one that nobody wrote down would be nobody's
    throw error;
  }

  let stopping: Promise<boolean> | undefined;
  const ended = child.then(({ exitCode }) => {
    const stopped = exitCode === 0 ? 'clean' : 'unclean';
    try {
      writeState(stateFile, { ...running, stopped });
    } catch (error) {
      note(`cannot write down how the emulator stopped: ${(error as Error).message}`);
      return false; // the next start takes it for unclean, as what it saved may be
    }
    return exitCode === 0;
  });
  const exited = ended.then(() => ({ expected: stopping !== undefined }));
  const stop = () => {
    stopping ??= settled(options, port).then(() => endGroup(pid, ended, grace));
    return stopping;
  };

  const endpoint = `http://127.0.0.1:${port}`;
  if (!(await answers(endpoint, exited, options.patience ?? START_PATIENCE))) {
    await stop();
    throw new Error(`The AWS emulator did not start on port ${port}; its log is ${join(home, 'emulator.log')}.`);
  }
  return { endpoint, port, pid, lastStop: lastStop(before), exited, stop };
}

/** The emulator's settings. AWS_PROFILE and the like are taken away, so that nothing in it ever looks for a real account. */
function environment({ root, home, region = REGION, account = '000000000000' }: EmulatorOptions, port: number) {
  const state = join(home, 'emulator');
  return {
    GATEWAY_PORT: String(port),
    BIND_HOST: '127.0.0.1',
    MINISTACK_HOST: '127.0.0.1',
    MINISTACK_REGION: region,
    MINISTACK_ACCOUNT_ID: account,
    PERSIST_STATE: '1',
    STATE_DIR: join(state, 'state'),
    S3_PERSIST: '1',
    S3_DATA_DIR: join(state, 's3'),
    TMPDIR: join(state, 'tmp'),
    LAMBDA_EXECUTOR: 'local',
    NODE_PATH: join(root, 'node_modules'),
    NODE_NO_WARNINGS: '1',
    IOT_MTLS_ENABLED: '0', // else it opens 0.0.0.0:8883 whatever BIND_HOST says
    DOCKER_HOST: 'unix:///nonexistent', // tasks are run by the agent, never by a container engine that happens to be there
    AWS_ENDPOINT_URL: undefined,
    AWS_ENDPOINT_URL_ECS: undefined, // of the run before, from `<home>/env`: its Lambdas would ask what is gone
    AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING: undefined,
    AWS_PROFILE: undefined,
    AWS_SESSION_TOKEN: undefined,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_DEFAULT_REGION: region,
    AWS_REGION: region,
  };
}

async function choosePort(wanted: number | undefined, last: number | undefined): Promise<number> {
  const port = await freePort(wanted ?? last ?? 0);
  if (port !== undefined) return port;
  if (wanted !== undefined) throw new Error(`Port ${wanted} for the AWS emulator is in use: leave it out to take a free one.`);
  return choosePort(undefined, undefined);
}

/** The port itself where it is free, any free one for 0, undefined where it is taken. */
async function freePort(wanted: number): Promise<number | undefined> {
  const server = createServer().listen(wanted, '127.0.0.1');
  try {
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}

/** Before anything is started for it. @throws Error with a sentence for the user when another process runs a local cloud in the folder. */
export async function checkFolder(home: string): Promise<void> {
  const state = readState(stateFileOf(home));
  if (!state || state.supervisor === process.pid || !(await emulatorRuns(state)) || (await commandLine(state.supervisor)) === '') return;
  throw new Error(`Process ${state.supervisor} already runs a local cloud in this folder: stop it, or set MIP_HOME to another folder.`);
}

/** Whether that run's emulator is still there. Process ids come round again: only a process whose command line says so is taken for it. */
async function emulatorRuns({ stopped, pid }: StateFile): Promise<boolean> {
  return stopped === null && (await commandLine(pid)).includes('ministack');
}

function stateFileOf(home: string): string {
  return join(home, 'emulator.json');
}

/** If the last run's emulator outlived its supervisor, it is stopped in order here: that saves what it holds. */
async function endLastRun(state: StateFile | undefined, options: EmulatorOptions, grace: number): Promise<StateFile | undefined> {
  await checkFolder(options.home);
  if (state === undefined || !(await emulatorRuns(state))) return state;
  await settled(options, state.port);
  const clean = await endGroup(state.pid, gone(state.pid, grace), grace);
  return { ...state, stopped: clean ? 'clean' : 'unclean' };
}

/** A deployment is let finish before the stop; an emulator that does not answer has none to wait for. */
async function settled({ region = REGION, grace = STOP_GRACE }: EmulatorOptions, port: number): Promise<void> {
  await settle(emulatorConnection(`http://127.0.0.1:${port}`, region), grace).catch(() => []);
}

/** SIGTERM to the emulator, then SIGKILL to its whole group, which also ends Lambdas that outlived it. True when the first was enough. */
async function endGroup(pid: number, ended: Promise<boolean>, grace: number): Promise<boolean> {
  signal(pid, 'SIGTERM');
  const inTime = await Promise.race([ended.then(() => true), delay(grace, false, { ref: false })]);
  signal(-pid, 'SIGKILL');
  return inTime ? ended : false;
}

async function answers(endpoint: string, exited: Promise<unknown>, patience: number): Promise<boolean> {
  let over = false;
  void exited.then(() => {
    over = true;
  });
  for (const limit = Date.now() + patience; Date.now() < limit && !over; await delay(50)) {
    const response = await fetch(`${endpoint}/_ministack/health`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return true;
  }
  return false;
}

async function gone(pid: number, grace: number): Promise<boolean> {
  for (const limit = Date.now() + grace; Date.now() < limit; await delay(50)) if ((await commandLine(pid)) === '') return true;
  return false;
}

/** The command line of a process that runs; empty for one that is gone or a zombie that nobody reaps (usual in containers). */
async function commandLine(pid: number): Promise<string> {
  if (existsSync('/proc/self')) return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const { stdout } = await execa('ps', ['-o', 'args=', '-p', String(pid)], { reject: false });
  return String(stdout ?? '');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // no such process (or group) any more
  }
}
