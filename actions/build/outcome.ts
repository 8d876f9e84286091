/** The action's outputs. Pure. */
import { hasPassed } from '@mip/conformance';
import type { Built } from './build.ts';

export function outcomeOf({ tried, pushed, report }: Built): Readonly<Record<'algorithms' | 'images' | 'conformance' | 'report', string>> {
  const passed = tried.every(({ conformance }) => hasPassed(conformance)) ? 'passed' : 'failed';
  return {
    algorithms: JSON.stringify(tried.map(({ algorithm }) => algorithm.name)),
    images: JSON.stringify(pushed),
    conformance: tried.length === 0 ? 'nothing' : passed,
    report,
  };
}
