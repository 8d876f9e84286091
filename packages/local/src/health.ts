import { setTimeout as sleep } from 'node:timers/promises';

/** The image store is there in a second; slower machines and a first start get more. */
const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 50;

/**
 * Waits until the image store itself says that it is well: the emulator calls a service healthy with nothing behind it.
 *
 * @param url its base, by way of the front
 * @param logs where its processes write, for the sentence of the error
 * @throws Error when it does not come up in time, or the wait is given up.
 */
export async function untilHealthy(url: string, logs: string, signal: AbortSignal): Promise<void> {
  const end = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  while (!end.aborted) {
    const answer = await fetch(`${url}/health`, { signal: end }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    await sleep(LOOK_EVERY_MS, undefined, { signal: end }).catch(() => undefined);
  }
  throw new Error(signal.aborted ? 'stopped' : `The image store did not start within ${PATIENCE_MS / 1000} s. Its log is in ${logs}.`);
}
