import { parameterFault } from '../parameters.ts';
import { below } from '../pointer.ts';
import type { Rule } from './rule.ts';

/** A parameter's range is not empty, and its default is a value that a request could give. */
export const defaultInRange: Rule = {
  name: 'default-in-range',
  severity: 'error',
  reads: ['parameters'],
  readsPlatform: [],
  *check({ algorithms }) {
    for (const of of algorithms) {
      for (const [name, parameter] of Object.entries(of.parameters)) {
        const at = () => below('/parameters', name);
        const { minimum, maximum, default: value } = parameter;
        if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
          yield { of, pointer: `${at()}/minimum`, message: `the minimum ${minimum} is above the maximum ${maximum}; swap or mend them` };
          continue;
        }
        const fault = value === undefined ? undefined : parameterFault(parameter, value);
        if (fault) yield { of, pointer: `${at()}/default`, message: `the default ${JSON.stringify(value)} ${fault}` };
      }
    }
  },
};
