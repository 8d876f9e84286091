/** MIP's image store as a process of its own, over an emulator, as the local cloud runs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EmulatedPlace } from '@mip/image-store/testing/emulated';
import getPort from 'get-port';
import { openEmulator, type TestEmulator } from '../../tests/emulator.ts';
import { ROOT } from '../catalog-of.ts';
import type { Server } from './client.ts';

export class ImageStoreProcess {
  readonly place: EmulatedPlace;
  readonly server: Server;
  readonly #emulator: TestEmulator;
  readonly #child: ChildProcess;

  private constructor(place: EmulatedPlace, server: Server, parts: { emulator: TestEmulator; child: ChildProcess }) {
    this.place = place;
    this.server = server;
    this.#emulator = parts.emulator;
    this.#child = parts.child;
  }

  static async start(): Promise<ImageStoreProcess> {
    const emulator = await openEmulator();
    const place = await EmulatedPlace.make(emulator.connection);
    const port = await getPort({ host: '127.0.0.1' });
    const env = environmentOf(place, port);
    const child = spawn(process.execPath, [join(ROOT, 'packages/image-store/src/server.ts')], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const url = `http://127.0.0.1:${port}/dicomweb`;
    for (let tries = 0; tries < 100; tries += 1) {
      const answer = await fetch(`${url}/health`).catch(() => undefined);
      if (answer?.ok) return new ImageStoreProcess(place, { url, headers: { 'x-api-key': place.key } }, { emulator, child });
      await delay(100);
    }
    throw new Error('the image store did not start');
  }

  /** The most memory that it held so far, in MiB. */
  get peakMib(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#emulator.stop();
  }
}

function environmentOf(place: EmulatedPlace, port: number): Record<string, string> {
  const { scope, connection } = place;
  return {
    PATH: process.env.PATH ?? '',
    PORT: String(port),
    HOST: '127.0.0.1',
    AWS_ENDPOINT_URL: connection.endpoint,
    AWS_REGION: connection.region,
    AWS_ACCESS_KEY_ID: connection.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: connection.credentials.secretAccessKey,
    MIP_PREFIX: scope.prefix,
    MIP_ACCOUNT: scope.account,
    MIP_PLATFORM: scope.platform,
    MIP_IMAGES_KEY: place.imagesKey,
    MIP_WORKERS_KEY: place.workersKey,
    MIP_MAX_INSTANCE_BYTES: String(2 ** 31),
  };
}
