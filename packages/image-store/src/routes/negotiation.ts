import type { FastifyRequest } from 'fastify';
import { Problem } from '../middleware/problem.ts';
import { type Choice, choose, type Offer, readAccept } from '../wado/negotiate.ts';
import { queryValue } from './place.ts';

/** @throws {Problem} 406 that says what there is. */
export function negotiate(request: FastifyRequest, offers: readonly Offer[]): readonly [Choice, ...Choice[]] {
  const [first, ...others] = choose(readAccept(request.headers.accept, queryValue(request, 'accept')), offers);
  if (!first) {
    const names = offers.map(({ type, of }) => (of ? `${type}; type="${of}"` : type));
    throw new Problem(406, `This resource is sent as ${[...new Set(names)].join(', or as ')}.`);
  }
  return [first, ...others];
}

export const notAcceptable = (reason: string) => new Problem(406, `This cannot be sent in the form asked for: ${reason}.`);
