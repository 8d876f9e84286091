/** The body of a submission, before anything is known about its members. */
import type { FastifyRequest } from 'fastify';
import { invalidBody, Problem } from '../middleware/problem.ts';

/** A request has objects in an object; what is far deeper could exhaust the stack of whatever walks through it. */
const DEEPEST = 16;
const UIDS = ['study_uid', 'series_uid', 'instance_uid'];

/**
 * Any JSON that came, its UIDs without the trailing NUL and spaces that DICOM pads them with.
 *
 * @throws {Problem} 400 when nothing came, 422 when it is nested too deeply to be looked at.
 */
export function readBody(request: FastifyRequest): unknown {
  const { body } = request;
  if (body === undefined) throw new Problem(400, 'The body is empty. Send a JSON object.');
  if (isDeeperThan(DEEPEST, body)) throw invalidBody([{ pointer: '', detail: 'is nested too deeply' }]);
  const pacs = isObject(body) && isObject(body.pacs) ? body.pacs : {};
  for (const name of UIDS) if (typeof pacs[name] === 'string') pacs[name] = withoutPadding(pacs[name]);
  return body;
}

/** Level by level, not by recursion. */
export function isDeeperThan(limit: number, value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= limit; depth++) level = level.filter(isObject).flatMap(Object.values);
  return level.length > 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** A loop and not a pattern: `/[\0 ]+$/` takes quadratic time on a text of many spaces. */
function withoutPadding(uid: string): string {
  let end = uid.length;
  while (end > 0 && (uid[end - 1] === ' ' || uid[end - 1] === '\0')) end -= 1;
  return uid.slice(0, end);
}
