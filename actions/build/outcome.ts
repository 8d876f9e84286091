/** The action's outputs. Pure. */
import { hasPassed } from '@mip/conformance';
import { needsAsText } from '../shared/needs.ts';
import type { Built } from './build.ts';

type OutputName = 'algorithms' | 'images' | 'conformance' | 'report' | 'needs';

export function outcomeOf({ tried, pushed, report, needs }: Built): Readonly<Record<OutputName, string>> {
  const passed = tried.every(({ conformance }) => hasPassed(conformance)) ? 'passed' : 'failed';
  return {
    algorithms: JSON.stringify(tried.map(({ algorithm }) => algorithm.name)),
    images: JSON.stringify(pushed),
    conformance: tried.length === 0 ? 'nothing' : passed,
    report,
    needs: needs === undefined ? '' : needsAsText(needs),
  };
}
