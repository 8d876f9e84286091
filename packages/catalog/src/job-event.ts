/** An event against its schema alone: whoever checks nothing else need not load the other validators. */
import { validate } from './generated/job-event.validator.js';
import { type Checked, checkInPlace } from './schema-check.ts';

/** All faults, sorted by pointer. No sentence repeats a value. */
export function checkJobEvent<T>(given: unknown): Checked<T> {
  return checkInPlace(validate, structuredClone(given) as T, false);
}
