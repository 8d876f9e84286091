/** The API as a table: what it answers to, who may ask, and what every request goes through. */
import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyRequest, type HTTPMethods, LogController } from 'fastify';
import type { DestinationStream } from 'pino';
import { authenticate } from './middleware/authenticate.ts';
import { createLogger, logRequests } from './middleware/log.ts';
import { Problem, sendProblem } from './middleware/problem.ts';
import type { Ports } from './ports.ts';
import { cancelJob } from './routes/cancel-job.ts';
import { readHealth } from './routes/read-health.ts';
import { readJob } from './routes/read-job.ts';
import { readReady } from './routes/read-ready.ts';
import { readResult } from './routes/read-result.ts';
import type { Route } from './routes/route.ts';
import { submitJob } from './routes/submit-job.ts';

const ROUTES: readonly Route[] = [readHealth, readReady, submitJob, readJob, readResult, cancelJob];

export interface AppOptions {
  /** The largest body, in bytes: `limits.max_request_bytes` of the platform. */
  readonly maxRequestBytes: number;
  /** pino's levels; `info` by default. */
  readonly logLevel?: string;
  /** Where the log goes; standard output by default. */
  readonly log?: DestinationStream;
}

/** The API over its ports, without a socket: a Lambda, a server or a test puts requests into it. */
export function createApp(ports: Ports, options: AppOptions): FastifyInstance {
  const app = Fastify({
    bodyLimit: options.maxRequestBytes,
    loggerInstance: createLogger(options.logLevel ?? 'info', options.log),
    // Never the client's: an id of its choice could carry a patient's.
    genReqId: () => randomUUID(),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    frameworkErrors: sendProblem,
  });
  app.removeContentTypeParser('text/plain');
  app.decorateRequest('client', null);
  app.decorateRequest('jobKey', null);
  app.setErrorHandler<FastifyError | Problem>(sendProblem);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    if (request.is404) throw new Problem(404, 'There is nothing at this path.');
  });
  logRequests(app);
  for (const route of ROUTES) addRoute(app, route, ports);
  refuseOtherMethods(app);
  return app;
}

function addRoute(app: FastifyInstance, route: Route, ports: Ports): void {
  app.route({
    method: route.method,
    url: route.url,
    ...(route.access === 'client' && { onRequest: authenticate(ports.clients) }),
    handler: route.handler(ports),
  });
}

/** 405 with `Allow` for every method that a path does not answer to, before the body is looked at. */
function refuseOtherMethods(app: FastifyInstance): void {
  for (const url of new Set(ROUTES.map((route) => route.url))) {
    const allowed: HTTPMethods[] = ROUTES.filter((route) => route.url === url).flatMap(({ method }) =>
      method === 'GET' ? ['GET', 'HEAD'] : [method],
    );
    const refuse = async (request: FastifyRequest) => {
      throw new Problem(405, `${request.method} is not possible here; ${allowed.join(' or ')} is.`, {
        headers: { allow: allowed.join(', ') },
      });
    };
    const method = app.supportedMethods.filter((one) => !allowed.includes(one as HTTPMethods)) as HTTPMethods[];
    app.route({ method, url, onRequest: refuse, handler: refuse });
  }
}
