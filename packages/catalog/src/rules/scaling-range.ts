import type { Rule } from './rule.ts';

/** `min` is not above `max`. */
export const scalingRange: Rule = {
  name: 'scaling-range',
  severity: 'error',
  reads: ['scaling'],
  readsPlatform: [],
  *check({ algorithms }) {
    for (const of of algorithms) {
      const { min, max } = of.scaling;
      if (min > max)
        yield {
          of,
          pointer: '/scaling/min',
          message: `the minimum of ${min} tasks is above the maximum of ${max}; raise max or lower min`,
        };
    }
  },
};
