/** A number of tasks for a while, as people write it: `6`, `2h`; `catalog` goes back to what the catalog says. Pure. */

import ms from 'ms';
import type { ScaleOverride } from './algorithm.ts';

/** The most tasks that ECS runs for one service: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html */
const MOST_TASKS = 5000;
/** Whoever wants a number for longer changes the catalog. */
const LONGEST = '7d';
const CATALOG = 'catalog';

/** @throws {Error} with a sentence that says how to write it. */
export function parseOverride(count: string, duration: string, now: Date): ScaleOverride | undefined {
  if (count === CATALOG) return undefined;
  return { count: parseCount(count), until: wholeSecond(now.getTime() + parseDuration(duration)) };
}

/** @throws {Error} with a sentence that says how to write it. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count > MOST_TASKS)
    throw new Error(`"${text}" is no number of tasks: give 0 to ${MOST_TASKS}, or "${CATALOG}".`);
  return count;
}

/** `90m` or `2h` in milliseconds. @throws {Error} with a sentence that says how to write it. */
export function parseDuration(text: string): number {
  const length = /^[\d.]+\s?[a-z]+$/i.test(text) ? ms(text as ms.StringValue) : undefined;
  if (!length || length > ms(LONGEST)) throw new Error(`"${text}" is no duration up to ${LONGEST}: give something like 90m or 2h.`);
  return length;
}

/** `6 tasks until 2026-01-01T02:00:00.000Z, then what the catalog says`. */
export function overrideWords(override: ScaleOverride | undefined): string {
  return override ? `${override.count} tasks until ${override.until}, then what the catalog says` : 'what the catalog says';
}

/** What ends it, a scheduled action, knows no parts of a second. */
function wholeSecond(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString();
}
