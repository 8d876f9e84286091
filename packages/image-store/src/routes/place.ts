import type { FastifyReply, FastifyRequest } from 'fastify';
import { baseUrl } from '../base-url.ts';
import type { InstanceUids } from '../dicom/instance-reader.ts';
import { Problem } from '../middleware/problem.ts';
import type { Context } from '../ports.ts';
import { UID } from '../uid.ts';

const NAMES = { study: 'study', series: 'series', instance: 'SOP instance' } as const;

/**
 * The UIDs of a path, of the levels that it has.
 * @throws {Problem} 400 on anything but `[0-9.]{1,64}`: nothing else ever reaches the index or a key.
 */
export function readUids(request: FastifyRequest): Partial<InstanceUids> {
  const parameters = request.params as Record<string, string | undefined>;
  const uids: Record<string, string> = {};
  for (const level of ['study', 'series', 'instance'] as const) {
    const value = parameters[level];
    if (value === undefined) continue;
    if (!UID.test(value)) throw new Problem(400, `The ${NAMES[level]} UID in the path is not a UID: digits and dots, 64 at most.`);
    uids[level] = value;
  }
  return uids;
}

/** The UIDs of a path that names an instance. */
export function readInstanceUids(request: FastifyRequest): InstanceUids {
  return readUids(request) as InstanceUids;
}

export function baseOf(request: FastifyRequest, { publicUrl }: Context): string {
  return baseUrl(request, publicUrl);
}

export const NOT_HERE = {
  study: 'There is no study of this UID here.',
  series: 'There is no series of this UID in this study.',
  instance: 'There is no instance of this UID in this series.',
} as const;

export function missing(detail: string): never {
  throw new Problem(404, detail);
}

/** Aborted when the client has gone, or has everything. */
export function untilClosed(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => controller.abort());
  return controller.signal;
}

/** A parameter of the query that is there once. */
export function queryValue(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Record<string, string | string[] | undefined>)[name];
  if (Array.isArray(value)) throw new Problem(400, `The query parameter ${name} is there more than once.`);
  return value;
}

/** @throws {Problem} 400 on a query parameter that the resource does not know. */
export function onlyQuery(request: FastifyRequest, known: readonly string[]): void {
  const others = Object.keys(request.query as object).filter((name) => !known.includes(name));
  if (others.length > 0) throw new Problem(400, `Of the query, this resource knows ${known.join(', ')}; there is something else.`);
}
