import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../ports.ts';

/** One row of the image store: `app.ts` is the table. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** A pattern below `/dicomweb`, as `/studies/:study`; the log names requests by it. */
  readonly url: string;
  /** `client`: the key of a client or of the workers is needed, or a token. */
  readonly access: 'everybody' | 'client';
  handler(context: Context): (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
}
