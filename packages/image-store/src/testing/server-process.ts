/** `server.ts` as a process of its own, as a container runs it, and how much memory it takes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { bundleImageStore, ENVIRONMENT, SERVER } from '../bundle.ts';
import type { EmulatedPlace } from './emulated.ts';

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

  static async start(place: EmulatedPlace, maxInstanceBytes: number, more: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const { connection, scope, imagesKey, workersKey } = place;
    const port = await getPort();
    const env = {
      ...ENVIRONMENT,
      ...{ PATH: process.env.PATH, PORT: String(port), HOST: '127.0.0.1', MIP_LOG_LEVEL: 'warn' },
      ...{ AWS_REGION: connection.region, AWS_ENDPOINT_URL: connection.endpoint, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
      ...{ MIP_PREFIX: scope.prefix, MIP_ACCOUNT: scope.account, MIP_PLATFORM: scope.platform },
      ...{ MIP_IMAGES_KEY: imagesKey, MIP_WORKERS_KEY: workersKey, MIP_MAX_INSTANCE_BYTES: String(maxInstanceBytes) },
      ...more,
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

  /** By SIGTERM. @returns what it exits with. */
  async stop(): Promise<number | null> {
    await rm(this.#folder, { recursive: true, force: true });
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const [code] = await exited;
    return code;
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

/** The image's own files. */
async function bundle(folder: string): Promise<string> {
  for (const { path, content } of await bundleImageStore()) await writeFile(join(folder, path), content);
  return join(folder, SERVER);
}
