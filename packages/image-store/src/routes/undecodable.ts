import { unavailable } from '../middleware/problem.ts';
import { Unreadable } from '../pixels/byte-source.ts';
import { Undecodable } from '../pixels/format.ts';
import { notAcceptable } from './negotiation.ts';

/** What is found out about an image while nothing has been sent yet, as a problem with its status. */
export async function undecodable<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Undecodable) throw notAcceptable(error.message);
    if (error instanceof Unreadable || isBroken(error)) throw unavailable();
    throw error;
  }
}

/** A connection to S3 that ended within a body carries no more than this. */
const isBroken = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
