/** An AWS emulator for one test file: the one at `MIP_TEST_ENDPOINT`, or its own, with its own state, on a free port. */
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

/** Names of tables and queues have to be unique where the emulator is shared. */
export async function openEmulator(): Promise<TestEmulator> {
  const home = await mkdtemp(join(tmpdir(), 'mip-emulator-'));
  const shared = process.env.MIP_TEST_ENDPOINT;
  const own = shared ? undefined : await startEmulator({ root: join(import.meta.dirname, '..'), home, grace: 2000 });
  const connection = { ...CONNECTION, endpoint: shared ?? own?.endpoint ?? '' };
  const scaling = await startScaling({ home, connection });
  return {
    connection: { ...connection, scalingEndpoint: scaling.url },
    stop: async () => {
      await scaling.stop();
      await own?.stop();
      await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }); // one that had to be killed may still write
    },
  };
}
