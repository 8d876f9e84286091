/** MIP's image store as a process of its own, from the files of its image, over an emulator. */
import { EmulatedPlace } from '@mip/image-store/testing/emulated';
import { ServerProcess } from '@mip/image-store/testing/server-process';
import { openEmulator, type TestEmulator } from '../../tests/emulator.ts';
import type { Server } from './client.ts';

const MOST_BYTES = 2 ** 31;

export class EmulatedImageStore {
  readonly place: EmulatedPlace;
  readonly #process: ServerProcess;
  readonly #emulator: TestEmulator;

  private constructor(place: EmulatedPlace, parts: { process: ServerProcess; emulator: TestEmulator }) {
    this.place = place;
    this.#process = parts.process;
    this.#emulator = parts.emulator;
  }

  static async start(): Promise<EmulatedImageStore> {
    const emulator = await openEmulator();
    const place = await EmulatedPlace.make(emulator.connection);
    return new EmulatedImageStore(place, { process: await ServerProcess.start(place, MOST_BYTES), emulator });
  }

  get server(): Server {
    return { url: this.#process.url, headers: { 'x-api-key': this.place.key } };
  }

  /** The most that it held so far, in MB. */
  get peakMb(): number {
    return this.#process.memory.most;
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    await this.#emulator.stop();
  }
}
