import type { FastifyInstance, FastifyRequest } from 'fastify';

/**
 * Ends connections on which the client is waited for and does nothing: it sends no more of a body, or takes no more of an answer. Node's own
 * timer of the socket tells when nothing has moved in either direction (`connectionTimeout` of the server); what the store itself takes its
 * time for, as a slow S3 or its turn, is no fault of the client's.
 */
export function endIdle(app: FastifyInstance, milliseconds: number): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.raw.on('timeout', (socket) => {
      if (waitsForClient(request, reply.raw.writableLength)) socket.destroy();
      else socket.setTimeout(milliseconds); // it tells once, until something moves
    });
  });
}

/** Bytes that came and are not taken are the store's to read. */
function waitsForClient({ raw }: FastifyRequest, unsent: number): boolean {
  return unsent > 0 || (!raw.complete && raw.readableLength === 0);
}
