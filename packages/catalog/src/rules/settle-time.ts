import { LIMITS } from '@mip/registry/limits';
import type { Rule } from './rule.ts';

/** A queue that is looked at too early seems empty, and goes with a job in it: only an emulator counts at once. */
export const settleTime: Rule = {
  name: 'settle-time',
  severity: 'error',
  reads: [],
  readsPlatform: ['emulated', 'safety'],
  *check({ platforms }) {
    const least = LIMITS.sqs.countsSettleSeconds;
    for (const of of platforms) {
      if (of.emulated || (of.safety?.settle_seconds ?? least) >= least) continue;
      const message = `SQS can tell what is left in a queue only ${least} seconds after the last message; give ${least} or more`;
      yield { of, pointer: '/safety/settle_seconds', message };
    }
  },
};
