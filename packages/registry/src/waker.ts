/** The minute for which one request has looked after a line on behalf of all others, in the table of leases. */

/** At most one look at ECS for each line in this time. */
export const WAKE_SECONDS = 60;

/** The key of a line's row. */
export function wakeLease(line: string): string {
  return `waker/${line}`;
}
