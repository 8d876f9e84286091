/** How many tasks a service is to run, as target tracking decides it, in seconds where AWS takes minutes. Pure. */

/** What was measured of one service. */
export interface Measured {
  /** Tasks that it is asked for. */
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  /** The metric, and the value that it is held at. */
  readonly value: number;
  readonly target: number;
  /** Tasks that the value was measured over. */
  readonly over: number;
}

/** What was decided before, in milliseconds of one clock. */
export interface Memory {
  /** Since when there was less to do than the tasks could. */
  readonly lowSince?: number | undefined;
}

export interface Decision {
  readonly count: number;
  readonly memory: Memory;
}

/** AWS's policy scales in below nine tenths of its target. https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html */
const LOW = 0.9;
/** In AWS these are 15 minutes. */
const LOW_FOR_MS = 5000;

/** Out at once, to as many tasks as bring the metric to its target; in only when it has been low for a while, then just as far. */
export function decideCount({ desired, min, max, value, target, over }: Measured, memory: Memory, now: number): Decision {
  const within = (count: number) => Math.min(Math.max(count, min), max);
  if (within(desired) !== desired) return { count: within(desired), memory: {} };
  const wanted = within(Math.ceil((Math.max(over, 1) * value) / target));
  if (value > target) return { count: Math.max(wanted, desired), memory: {} };
  if (value >= target * LOW || wanted >= desired) return { count: desired, memory: {} };
  const lowSince = memory.lowSince ?? now;
  if (now - lowSince < LOW_FOR_MS) return { count: desired, memory: { lowSince } };
  return { count: wanted, memory: {} };
}
