/** The body of a submission against its schema alone: whoever checks nothing else need not load the other validators. */
import { validate } from './generated/job-request.validator.js';
import { type Checked, checkInPlace } from './schema-check.ts';

/** All faults, sorted by pointer; a copy of the body with the schema's defaults. No sentence repeats a value. */
export function checkJobRequest<T>(given: unknown): Checked<T> {
  return checkInPlace(validate, structuredClone(given) as T, false);
}
