/** The image store as a table: what it answers to, who may ask, and what every request goes through. */
import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyRequest, type HTTPMethods, LogController } from 'fastify';
import type { DestinationStream } from 'pino';
import { authenticate } from './middleware/authenticate.ts';
import { endIdle } from './middleware/idle.ts';
import { createLogger, logRequests } from './middleware/log.ts';
import { Problem, sendProblem } from './middleware/problem.ts';
import type { Context, ImageStoreOptions, Ports } from './ports.ts';
import { readHealth } from './routes/read-health.ts';
import { readingRoutes } from './routes/reading.ts';
import type { Route } from './routes/route.ts';
import { storeInstances, storeInstancesOfStudy } from './routes/store-instances.ts';
import { UnderWay } from './under-way.ts';

const ROUTES: readonly Route[] = [readHealth, storeInstances, storeInstancesOfStudy, ...readingRoutes];

/** Below which every route lies. */
export const BASE = '/dicomweb';

export interface AppOptions extends ImageStoreOptions {
  /** pino's levels; `info` by default. */
  readonly logLevel?: string;
  /** Where the log goes; standard output by default. */
  readonly log?: DestinationStream;
  /** A client that is waited for so long is given up; 60 by default. */
  readonly idleSeconds?: number;
  /** What is under way when the store is closed may take so long; 20 by default. */
  readonly closeSeconds?: number;
}

/** The image store over its ports, without a socket. A route gets a body as the stream that comes in: nothing here gathers it. */
export function createImageStore(ports: Ports, options: AppOptions): FastifyInstance {
  const idle = (options.idleSeconds ?? 60) * 1000;
  const app = Fastify({
    loggerInstance: createLogger(options.logLevel ?? 'info', options.log),
    // Never the client's: an id of its choice could carry a patient's.
    genReqId: () => randomUUID(),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    frameworkErrors: sendProblem,
    // A study can take longer than any limit on the whole request.
    requestTimeout: 0,
    connectionTimeout: idle,
    routerOptions: { maxParamLength: 200 },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, body, done) => done(null, body));
  app.decorateRequest('caller', null);
  app.setErrorHandler<FastifyError | Problem>(sendProblem);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    if (request.is404) throw new Problem(404, 'There is nothing at this path.');
  });
  logRequests(app);
  endIdle(app, idle);
  const underWay = new UnderWay(app, (options.closeSeconds ?? 20) * 1000);
  app.addHook('onClose', () => ports.pixels.close());
  for (const route of ROUTES) addRoute(app, route, { context: { ...ports, ...options }, underWay });
  refuseOtherMethods(app);
  return app;
}

function addRoute(app: FastifyInstance, route: Route, { context, underWay }: { context: Context; underWay: UnderWay }): void {
  const handler = route.handler(context);
  app.route({
    method: route.method,
    url: BASE + route.url,
    ...(route.access === 'client' && { onRequest: authenticate(context) }),
    handler: (request, reply) => underWay.add(handler(request, reply)),
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
    app.route({ method, url: BASE + url, onRequest: refuse, handler: refuse });
  }
}
