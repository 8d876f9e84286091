/** When a callback that was not taken is tried again: for a day, ever later. Pure. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Seconds after each try but the last. SQS hides no message for longer than 12 hours. */
export const DELAYS: readonly number[] = [
  ...[5, 30, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE],
  ...[HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 6 * HOUR, 7 * HOUR],
];

/** How often a callback is tried: the `maxReceiveCount` of its queue, which puts it into the dead letters then. */
export const MOST_TRIES = DELAYS.length + 1;

/** Seconds until the next try after so many; undefined after the last one. */
export function delayAfter(tries: number): number | undefined {
  return DELAYS[Math.max(tries, 1) - 1];
}
