/** A part of a plan, for a command that is about one thing. Pure. */

import { hashOf, type PlannedChange } from './change.ts';
import type { Prepared } from './reconcile.ts';

/** Only some changes of a plan; what makes the whole of it dangerous does not hold for them. */
export function narrow(prepared: Prepared, holds: (change: PlannedChange) => boolean): Prepared {
  const steps = prepared.steps.filter(({ planned }) => holds(planned));
  const { digest: _, ...content } = { ...prepared.plan, changes: steps.map(({ planned }) => planned), refusals: [] };
  return { ...prepared, plan: { ...content, digest: hashOf(content) }, steps, dangers: [] };
}

/** A plan without the changes of some algorithms, which wait; what makes the whole of it dangerous, or is refused, still holds. */
export function withhold(prepared: Prepared, algorithms: ReadonlySet<string>): Prepared {
  const { refusals } = prepared.plan;
  const { dangers } = prepared;
  const { plan, steps } = narrow(prepared, ({ algorithm }) => !algorithms.has(algorithm));
  const { digest: _, ...content } = { ...plan, refusals };
  return { ...prepared, plan: { ...content, digest: hashOf(content) }, steps, dangers };
}
