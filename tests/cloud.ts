/** A local cloud of its own for a test or a benchmark: `mip up` as a process, with its own state folder and port. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient } from '@mip/api/client';
import { type EmulatorConnection, emulatorConnection } from '@mip/local/environment';
import { parse } from 'dotenv';
import getPort from 'get-port';

const root = join(import.meta.dirname, '..');

/**
 * A copy of this repository whose catalog a test may change; what is installed is shared. Goes with `rmSync`.
 *
 * @param only the algorithms that its catalog keeps, so that a cloud of it is up sooner; all of them where none is named.
 */
export function copyRepository(...only: readonly string[]): string {
  const copy = mkdtempSync(join(tmpdir(), 'mip-repository-'));
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  for (const file of listed.stdout.split('\0').filter((file) => file && existsSync(join(root, file))))
    cpSync(join(root, file), join(copy, file));
  for (const installed of ['node_modules', '.venv']) symlinkSync(join(root, installed), join(copy, installed));
  for (const folder of only.length > 0 ? ['algorithms', 'releases'] : [])
    for (const entry of readdirSync(join(copy, 'catalog', folder)))
      if (!only.includes(entry.replace(/\.yaml$/, ''))) rmSync(join(copy, 'catalog', folder, entry), { recursive: true });
  return copy;
}
const python = join(root, '.venv', 'bin', 'python');
const READY = 'Ctrl-C stops it';
/** Longer than SQS hides what it handed to a worker that was killed. */
const JOB_MS = 150_000;

/** What a server answers; tests look at what they expect of it. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads JSON that it then asserts
export type Json = any;

export class Cloud {
  /** What `MIP_HOME` is; goes with `remove`. */
  readonly home = mkdtempSync(join(tmpdir(), 'mip-cloud-'));
  /** All that `mip up` printed since its last start. */
  printed = '';
  #process: ChildProcess | undefined;
  #port = 0;
  readonly #root: string;

  /** @param repository whose catalog and code it runs. */
  constructor(repository = root) {
    this.#root = repository;
  }

  get port(): number {
    return this.#port;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** The variables of `<home>/env`. */
  get environment(): Record<string, string> {
    return parse(readFileSync(join(this.home, 'env')));
  }

  /** How an SDK client reaches the emulator. */
  get connection(): EmulatorConnection {
    const { AWS_ENDPOINT_URL = '', AWS_REGION = '' } = this.environment;
    return emulatorConnection(AWS_ENDPOINT_URL, AWS_REGION);
  }

  /** Resolves with undefined once it serves, or with its exit code once it has ended. */
  async start(...args: string[]): Promise<number | undefined> {
    this.#port ||= await getPort({ host: '127.0.0.1' });
    this.printed = '';
    const child = spawn(process.execPath, mipArguments(this.#root, 'up', ...args), { cwd: this.#root, env: this.#variables() });
    this.#process = child;
    return new Promise((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          this.printed += chunk;
          if (this.printed.includes(READY)) resolve(undefined);
        });
      }
      child.on('exit', (code) => resolve(code ?? 1));
    });
  }

  /** The emulator's address, as soon as it answers: before the platform is deployed to it. */
  async emulator(): Promise<string> {
    for (;;) {
      const state = existsSync(join(this.home, 'emulator.json')) ? JSON.parse(readFileSync(join(this.home, 'emulator.json'), 'utf8')) : {};
      const endpoint = `http://127.0.0.1:${state.port}`;
      if (state.stopped === null && (await fetch(`${endpoint}/_ministack/health`).catch(() => undefined))?.ok) return endpoint;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ctrl-C; resolves with the exit code. */
  async stop(): Promise<number | null> {
    const exit = this.ended();
    this.#process?.kill('SIGINT');
    return exit;
  }

  /** Resolves with the exit code, whatever ends it. */
  async ended(): Promise<number | null> {
    const child = this.#process;
    if (!child || child.exitCode !== null) return child?.exitCode ?? null;
    return new Promise((resolve) => child.on('exit', resolve));
  }

  /** Stops it and deletes its state. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Another `mip` command, against this cloud unless `variables` say otherwise. */
  mip(args: readonly string[], variables: Record<string, string> = this.environment) {
    const done = spawnSync(process.execPath, mipArguments(this.#root, ...args), {
      cwd: this.#root,
      encoding: 'utf8',
      env: { ...this.#variables(), ...variables },
    });
    return { code: done.status, out: done.stdout, err: done.stderr };
  }

  /** Imports an image. @returns what a job says of it. */
  importImage(file: string): { readonly study_uid: string; readonly series_uid: string; readonly instance_uid: string } {
    const [{ uids }] = JSON.parse(this.mip(['import', file, '--json']).out);
    return { study_uid: uids.study, series_uid: uids.series, instance_uid: uids.instance };
  }

  /** A call of the API, with the client's key. */
  call(path: string, init: RequestInit = {}): Promise<Response> {
    const { MIP_API_URL: url, MIP_API_KEY: key = '' } = this.environment;
    return fetch(url + path, { ...init, headers: { 'x-api-key': key, ...init.headers } });
  }

  /** Asks for a job. @param body text is sent as it is. */
  post(algorithm: string, body: unknown): Promise<Response> {
    return this.call(`/process/${algorithm}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  /** The job, once it is over. */
  endedJob(jobId: string, patience = JOB_MS): Promise<Json> {
    const { MIP_API_URL: url = '', MIP_API_KEY: key = '' } = this.environment;
    return new ApiClient({ url, key }).wait(jobId, patience);
  }

  #variables() {
    return { ...process.env, MIP_HOME: this.home, MIP_PORT: String(this.#port) };
  }
}

/** The path of an image that pydicom or pydicom-data ships. @throws {Error} when there is no such file. */
export function testImage(file: string): string {
  const done = spawnSync(python, ['tests/oracles/image.py', 'pydicom', file], { cwd: root, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stderr);
  return done.stdout.trim();
}

/** Holds a result against the reference; `words` say what differs. */
export function checkResult(algorithm: string, source: string, result: string, parameters: object): { equal: boolean; words: string } {
  const args = [
    'tests/oracles/check.py',
    `tests/oracles/${algorithm.replaceAll('-', '_')}.py`,
    source,
    result,
    '--parameters',
    JSON.stringify(parameters),
  ];
  const done = spawnSync(python, args, { cwd: root, encoding: 'utf8' });
  return { equal: done.status === 0, words: done.stdout + done.stderr };
}

function mipArguments(repository: string, ...args: string[]): readonly string[] {
  return [join(repository, 'packages/cli/src/main.ts'), ...args];
}
