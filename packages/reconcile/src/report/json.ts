/** What plan and apply found, for scripts: values that `JSON.stringify` shows whole. Pure. */

import type { CallCount } from '../aws/calls.ts';
import type { Plan } from '../plan.ts';
import type { Prepared } from '../reconcile.ts';
import type { Report } from '../run.ts';

export interface PlanJson {
  readonly plan: Plan;
  readonly dangers: readonly string[];
  readonly calls: readonly CallCount[];
}

export function planAsJson({ plan, dangers }: Pick<Prepared, 'plan' | 'dangers'>, calls: readonly CallCount[]): PlanJson {
  return { plan, dangers, calls };
}

export function reportAsJson({ ok, plan, outcomes, calls }: Report): Report {
  return { ok, plan, outcomes, calls };
}
