/** Results for scripts: values that `JSON.stringify` shows whole. Pure. */
import { type CaseResult, type Conformance, hasPassed } from '../result.ts';

export interface ConformanceJson extends Omit<Conformance, 'cases'> {
  readonly passed: boolean;
  readonly cases: readonly Omit<CaseResult, 'pictures'>[];
}

/** Without the pictures' paths, which are gone when somebody reads it. */
export function conformanceAsJson(conformance: Conformance): ConformanceJson {
  const cases = conformance.cases.map(({ pictures: _, ...rest }) => rest);
  return { ...conformance, passed: hasPassed(conformance), cases };
}
