/** What plan and apply found, as JSON for scripts. Pure; the same input gives the same text. */

import type { CallCount } from '../aws/calls.ts';
import type { Prepared } from '../reconcile.ts';
import type { Report } from '../run.ts';

/** `{ plan, dangers, calls }`. */
export function planAsJson({ plan, dangers }: Pick<Prepared, 'plan' | 'dangers'>, calls: readonly CallCount[]): string {
  return JSON.stringify({ plan, dangers, calls }, null, 2);
}

/** `{ ok, plan, outcomes, calls }`. */
export function reportAsJson({ ok, plan, outcomes, calls }: Report): string {
  return JSON.stringify({ ok, plan, outcomes, calls }, null, 2);
}
