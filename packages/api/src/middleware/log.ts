/**
 * One JSON line per request. A line has no UIDs, parameters, keys, bodies, paths or error messages: any of them can hold
 * patient data, a job id too, so jobs appear by their keys and paths as route patterns.
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
        client_id: request.client?.client_id,
        job_key: request.jobKey ?? undefined,
        trace_id: request.traceId ?? undefined,
      },
      'request',
    );
  });
}

/** Why a line could not be woken: nobody who asked for a job hears of it. */
export function tellWaker(fault: Error): void {
  createLogger('warn').warn({ err: fault }, 'a line could not be woken');
}
