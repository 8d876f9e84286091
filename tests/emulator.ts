/** An AWS emulator: the one at `MIP_TEST_ENDPOINT`, which is that of all tests, or one of its own, with its own state, on a free port. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmulator } from '@mip/local/emulator';
import { startScaling } from '@mip/local/scaling';

export interface TestEmulator {
  /** What an SDK client is made with. */
  readonly connection: {
    readonly endpoint: string;
    /** Application Auto Scaling, which an emulator lacks. */
    readonly scalingEndpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** Ends an emulator of its own and removes its state; one that was there before is left running. */
  stop(): Promise<void>;
}

const CONNECTION = { region: 'eu-central-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };

/** Names of tables, queues and roles have to be unique: tests share it. */
export async function openEmulator(): Promise<TestEmulator> {
  const endpoint = process.env.MIP_TEST_ENDPOINT;
  return endpoint ? await withScaling(endpoint, async () => {}) : await openOwnEmulator();
}

/** For what concerns a whole account. */
export async function openOwnEmulator(): Promise<TestEmulator> {
  const home = await mkdtemp(join(tmpdir(), 'mip-emulator-'));
  const emulator = await startEmulator({ root: join(import.meta.dirname, '..'), home, grace: 2000 });
  return withScaling(emulator.endpoint, async () => {
    await emulator.stop();
    await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }); // one that had to be killed may still write
  });
}

async function withScaling(endpoint: string, stop: () => Promise<void>): Promise<TestEmulator> {
  const home = await mkdtemp(join(tmpdir(), 'mip-scaling-'));
  const connection = { ...CONNECTION, endpoint };
  const scaling = await startScaling({ home, connection });
  return {
    connection: { ...connection, scalingEndpoint: scaling.url },
    stop: async () => {
      await scaling.stop();
      await rm(home, { recursive: true, force: true });
      await stop();
    },
  };
}
