import type { Rule } from './rule.ts';

/** `min` is not above `max`, and GPUs are only asked for where a platform has them. */
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

/** An entry asks for GPUs only where every platform has them. */
export const gpuCapacity: Rule = {
  name: 'gpu-capacity',
  severity: 'error',
  reads: ['gpu'],
  readsPlatform: ['name', 'capacity'],
  *check({ algorithms, platforms }) {
    for (const platform of platforms.filter(({ capacity }) => !capacity.gpu)) {
      for (const of of algorithms.filter(({ gpu }) => gpu > 0)) {
        yield {
          of,
          pointer: '/gpu',
          message: `platform ${platform.name} has no GPUs; set gpu to 0, or capacity.gpu to true where it has them`,
        };
      }
    }
  },
};
