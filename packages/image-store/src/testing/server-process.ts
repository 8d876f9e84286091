/** `server.ts` as a process of its own, as a container runs it, and how much memory it takes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import type { EmulatedPlace } from './emulated.ts';

export class ServerProcess {
  /** Ends in `/dicomweb`. */
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.url = `http://127.0.0.1:${port}/dicomweb`;
  }

  static async start({ connection, scope, imagesKey, workersKey }: EmulatedPlace, maxInstanceBytes: number): Promise<ServerProcess> {
    const port = await getPort();
    const env = {
      ...{ PATH: process.env.PATH, PORT: String(port), HOST: '127.0.0.1', MIP_LOG_LEVEL: 'warn' },
      ...{ AWS_REGION: connection.region, AWS_ENDPOINT_URL: connection.endpoint, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
      ...{ MIP_PREFIX: scope.prefix, MIP_ACCOUNT: scope.account, MIP_PLATFORM: scope.platform },
      ...{ MIP_IMAGES_KEY: imagesKey, MIP_WORKERS_KEY: workersKey, MIP_MAX_INSTANCE_BYTES: String(maxInstanceBytes) },
    };
    const child = spawn(process.execPath, [join(import.meta.dirname, '../server.ts')], { env, stdio: ['ignore', 'inherit', 'inherit'] });
    const server = new ServerProcess(child, port);
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
