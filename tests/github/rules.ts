/** Faults by rule: what the double does with a call instead of answering it. */
import type { OperationId } from './permissions.ts';

/** A request, as it came. */
export interface GitHubCall {
  /** The first of all calls is 1. */
  readonly number: number;
  /** The first call of this operation is 1. */
  readonly nth: number;
  /** Undefined where the description knows no such operation. */
  readonly operation: OperationId | undefined;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly body: unknown;
  /** Undefined where the token is not known. */
  readonly login: string | undefined;
  /** What was answered; undefined until then, and where the connection was cut. */
  status?: number;
}

/**
 * Answer with an error, cut the connection before the call had an effect or after it, or hold it: `until` is called where the call stands,
 * and lets it go when its promise resolves.
 */
export type Fault =
  | { readonly do: 'refuse'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: object | string }
  | { readonly do: 'cut'; readonly when: 'after' | 'before' }
  | { readonly do: 'hold'; readonly when: 'after' | 'before'; readonly until: (call: GitHubCall) => Promise<void> };

/** The first rule that has something to say decides; a call without a rule passes. */
export type Rule = (call: GitHubCall) => Fault | undefined;

export const FORBIDDEN: Fault = { do: 'refuse', status: 403, body: { message: 'Resource not accessible by integration' } };
export const NOT_FOUND: Fault = { do: 'refuse', status: 404, body: { message: 'Not Found' } };
/** What stands in front of GitHub answers in HTML. */
export const BAD_GATEWAY: Fault = { do: 'refuse', status: 502, headers: { 'content-type': 'text/html' }, body: '<html>Unicorn!</html>' };

/** The secondary rate limit, with the seconds to wait. */
export function tooMany(seconds: number): Fault {
  const message = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
  return { do: 'refuse', status: 429, headers: { 'retry-after': String(seconds) }, body: { message } };
}

/** The hour's calls are used up until a time, in seconds since 1970. */
export function exhausted(reset: number): Fault {
  const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) };
  return { do: 'refuse', status: 403, headers, body: { message: 'API rate limit exceeded for installation.' } };
}

/** Calls of one operation: all, or only some of them by their number. */
export function on(operation: OperationId, fault: Fault, ...nth: readonly number[]): Rule {
  return (call) => (call.operation === operation && (nth.length === 0 || nth.includes(call.nth)) ? fault : undefined);
}

/** Every n-th call of all. */
export function everyNth(nth: number, fault: Fault): Rule {
  return (call) => (call.number % nth === 0 ? fault : undefined);
}
