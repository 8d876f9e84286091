/**
 * One JSON line per request. A line has no UIDs, queries, keys, bodies, paths or error messages: any of them can hold
 * patient data, so paths appear as route patterns.
 */
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type DestinationStream, pino } from 'pino';

/** @param destination where lines go; standard output by default. */
export function createLogger(level: string, destination?: DestinationStream): FastifyBaseLogger {
  const options = {
    level,
    base: null,
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    // Fastify's own lines name a request, a reply or an error under these keys.
    serializers: { req: requestSummary, res: () => undefined, err: errorSummary },
  };
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

/** An error by its name and where it came from; its message may repeat what was sent. */
export function errorSummary(error: unknown) {
  if (!(error instanceof Error)) return { name: typeof error };
  const frames = (error.stack ?? '')
    .replace(error.message, '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number; requestId?: string } };
  return {
    name: error.name,
    status: $metadata?.httpStatusCode,
    request_id: $metadata?.requestId,
    frames: frames.map((line) => line.trim()),
  };
}

function requestSummary(request: FastifyRequest) {
  return { method: request.method, route: request.routeOptions?.url ?? 'unknown' };
}
