/** What every request goes through, whichever routes there are. */
import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyRequest, type HTTPMethods, LogController } from 'fastify';
import type { DestinationStream } from 'pino';
import { authenticate, type KeyPorts } from './middleware/authenticate.ts';
import { limitRate } from './middleware/limit-rate.ts';
import { createLogger, logRequests } from './middleware/log.ts';
import { Problem, sendProblem } from './middleware/problem.ts';
import type { Route } from './routes/route.ts';

export interface ServerOptions {
  /** The largest body, in bytes: `limits.max_request_bytes` of the platform. */
  readonly maxRequestBytes: number;
  /** pino's levels; `info` by default. */
  readonly logLevel?: string;
  /** Where the log goes; standard output by default. */
  readonly log?: DestinationStream;
}

/** These routes over their ports, without a socket: a Lambda, a server or a test puts requests into it. */
export function serve<P extends KeyPorts>(ports: P, routes: readonly Route<P>[], options: ServerOptions): FastifyInstance {
  const app = Fastify({
    bodyLimit: options.maxRequestBytes,
    loggerInstance: createLogger(options.logLevel ?? 'info', options.log),
    // Never the client's: an id of its choice could carry a patient's.
    genReqId: () => randomUUID(),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    frameworkErrors: sendProblem,
  });
  app.removeContentTypeParser('text/plain');
  const json = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/merge-patch+json', { parseAs: 'string' }, (request, body, done) => {
    if (request.method === 'PATCH') json(request, body as string, done);
    else done(new Problem(415, 'Send the body as application/json.'));
  });
  app.decorateRequest('client', null);
  app.decorateRequest('jobKey', null);
  app.decorateRequest('traceId', null);
  app.setErrorHandler<FastifyError | Problem>(sendProblem);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    if (request.is404) throw new Problem(404, 'There is nothing at this path.');
  });
  logRequests(app);
  for (const route of routes) addRoute(app, route, ports);
  refuseOtherMethods(app, routes);
  return app;
}

function addRoute<P extends KeyPorts>(app: FastifyInstance, { method, url, access, handler }: Route<P>, ports: P): void {
  const onRequest = access === 'everybody' ? [] : [authenticate(access, ports), limitRate(ports, method)];
  app.route({ method, url, onRequest, handler: handler(ports) });
}

/** 405 with `Allow` for every method that a path does not answer to, before the body is looked at. */
function refuseOtherMethods(app: FastifyInstance, routes: readonly Pick<Route, 'method' | 'url'>[]): void {
  for (const url of new Set(routes.map((route) => route.url))) {
    const allowed: HTTPMethods[] = routes
      .filter((route) => route.url === url)
      .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    const refuse = async (request: FastifyRequest) => {
      throw new Problem(405, `${request.method} is not possible here; ${allowed.join(' or ')} is.`, {
        headers: { allow: allowed.join(', ') },
      });
    };
    const method = app.supportedMethods.filter((one) => !allowed.includes(one as HTTPMethods)) as HTTPMethods[];
    app.route({ method, url, onRequest: refuse, handler: refuse });
  }
}
