/** Who says whether a candidate has passed: the judge of this action's repository, on the machine that runs the action. */
import { join } from 'node:path';
import type { Algorithm } from '@mip/catalog';
import { CandidateConformance } from '@mip/conformance';
import type { Conformer } from '@mip/reconcile';
import { findPython, type PythonOptions } from './python.ts';

/** A Python is looked for, and its packages installed, when the first version is to be tried: most runs try none. */
export function judgedHere(options: PythonOptions, algorithms: readonly Algorithm[]): Conformer {
  let made: Promise<CandidateConformance> | undefined;
  const judge = () => {
    made ??= findPython(options).then((python) => {
      const { root, tools, temporary } = options;
      return new CandidateConformance({ root, tools, python }, algorithms, join(temporary, 'candidates'));
    });
    return made;
  };
  return {
    cases: async (algorithm) => (await judge()).cases(algorithm),
    judge: async (algorithm, ends) => (await judge()).judge(algorithm, ends),
  };
}
