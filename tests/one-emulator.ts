/** Before all tests: one emulator for all files, since each of their own would take two seconds to start and to stop. */
import { openEmulator } from './emulator.ts';

export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.MIP_TEST_ENDPOINT) return undefined;
  const emulator = await openEmulator();
  process.env.MIP_TEST_ENDPOINT = emulator.connection.endpoint;
  return () => emulator.stop();
}
