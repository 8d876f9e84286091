/**
 * One JSON line per request. A line has no UIDs, queries, keys, bodies, paths or error messages: any of them can hold
 * patient data, so paths appear as route patterns.
 */
import { logOptions, requestSummary } from '@mip/registry/log-options';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type DestinationStream, pino } from 'pino';

/** @param destination where lines go; standard output by default. */
export function createLogger(level: string, destination?: DestinationStream): FastifyBaseLogger {
  const options = logOptions(level);
  return destination ? pino(options, destination) : pino(options);
}

/** Adds the line that each request ends with. */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request: FastifyRequest, reply: FastifyReply) => {
    request.log.info(
      {
        ...requestSummary(request),
        status: reply.statusCode,
        milliseconds: Math.round(reply.elapsedTime * 10) / 10,
        caller: request.caller ?? undefined,
      },
      'request',
    );
  });
}
