/**
 * Regular expressions of the catalog, in RE2: the time that a match takes is linear in the text, so that no pattern hangs a router or
 * a worker. Backreferences and looking around do not exist.
 */
import { RE2JS, RE2JSSyntaxException } from 're2js';

export interface Pattern {
  /** Whether the text has a match somewhere. */
  foundIn(text: string): boolean;
}

/** The pattern, or in words why RE2 does not take it. */
export function readPattern(source: string): Pattern | string {
  try {
    const compiled = RE2JS.compile(source);
    return { foundIn: (text) => compiled.matcher(text).find() };
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return error.getDescription();
    throw error;
  }
}
