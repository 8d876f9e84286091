/** `server.ts` as a process of its own, as a container runs it, and how much memory it takes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import getPort from 'get-port';
import type { EmulatedPlace } from './emulated.ts';

/**
 * As in the image. A chunk of the socket is 64 KB that a small object keeps. With V8's own 32 MB of young objects a hundred MB wait to be
 * swept; and what glibc takes for them from its heap instead of the kernel, it does not give back.
 */
const ENVIRONMENT = {
  ...{ NODE_ENV: 'production', NODE_OPTIONS: '--max-semi-space-size=2' },
  ...{ MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '65536' },
};

export class ServerProcess {
  /** Ends in `/dicomweb`. */
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, { folder, port }: { folder: string; port: number }) {
    this.#child = child;
    this.#folder = folder;
    this.url = `http://127.0.0.1:${port}/dicomweb`;
  }

  static async start({ connection, scope, imagesKey, workersKey }: EmulatedPlace, maxInstanceBytes: number): Promise<ServerProcess> {
    const port = await getPort();
    const env = {
      ...ENVIRONMENT,
      ...{ PATH: process.env.PATH, PORT: String(port), HOST: '127.0.0.1', MIP_LOG_LEVEL: 'warn' },
      ...{ AWS_REGION: connection.region, AWS_ENDPOINT_URL: connection.endpoint, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
      ...{ MIP_PREFIX: scope.prefix, MIP_ACCOUNT: scope.account, MIP_PLATFORM: scope.platform },
      ...{ MIP_IMAGES_KEY: imagesKey, MIP_WORKERS_KEY: workersKey, MIP_MAX_INSTANCE_BYTES: String(maxInstanceBytes) },
    };
    const folder = await mkdtemp(join(tmpdir(), 'mip-image-store-'));
    const child = spawn(process.execPath, [await bundle(folder)], { env, stdio: ['ignore', 'inherit', 'inherit'] });
    const server = new ServerProcess(child, { folder, port });
    await server.#answers();
    return server;
  }

  /** In MB, as the kernel counts it: what is resident now, and the most that ever was. */
  get memory(): { readonly now: number; readonly most: number } {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const megabytes = (name: string) => (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024) / 1e6;
    return { now: Math.round(megabytes('VmRSS')), most: Math.round(megabytes('VmHWM')) };
  }

  async stop(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }

  async #answers(): Promise<void> {
    for (let tries = 0; tries < 200; tries += 1) {
      if (this.#child.exitCode !== null) throw new Error(`the image store ended with ${this.#child.exitCode}`);
      const healthy = await fetch(`${this.url}/health`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (healthy) return;
      await sleep(50);
    }
    throw new Error('the image store does not answer');
  }
}

/** JavaScript, in two files: types and modules that are read while it runs take memory, too. Beside it lies what decodes pixels. */
async function bundle(folder: string): Promise<string> {
  const require = "import{createRequire as requireOf}from'node:module';const require=requireOf(import.meta.url);";
  for (const [file, source] of [
    ['server.mjs', 'server.ts'],
    ['worker.js', 'pixels/worker.ts'],
  ] as const) {
    await build({
      entryPoints: [join(import.meta.dirname, '..', source)],
      ...{ bundle: true, platform: 'node', format: 'esm', outfile: join(folder, file), logLevel: 'error', banner: { js: require } },
    });
  }
  const codecs = dirname(createRequire(import.meta.url).resolve('dcmjs-codecs'));
  await copyFile(join(codecs, 'dcmjs-native-codecs.wasm'), join(folder, 'dcmjs-native-codecs.wasm'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  return join(folder, 'server.mjs');
}
