/**
 * The one port of the local cloud: `/dicomweb` goes to the image store, a WebSocket at `/ws` to its API in the emulator, everything else to the
 * router's HTTP API there, as it came. In AWS the APIs and the image store's load balancer have addresses of their own.
 */

import { once } from 'node:events';
import { STATUS_CODES } from 'node:http';
import { createServer } from 'node:net';
import httpProxy, { type FastifyHttpProxyOptions } from '@fastify/http-proxy';
import { LIMITS } from '@mip/registry/limits';
import Fastify, { type FastifyError, type FastifyPluginAsync, type FastifyReply } from 'fastify';
import { passWebSockets, type WebSocketTarget } from './websocket-front.ts';

export interface FrontOptions {
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** The emulator's base URL. */
  readonly endpoint: string;
  /** The router's HTTP API, `api_id` of the platform's facts. */
  readonly apiId: string;
  /** The WebSocket's API; without it there is none. */
  readonly websocket?: WebSocketTarget;
  /** Where the image store listens on 127.0.0.1; undefined while it does not run. */
  readonly imageStore: () => number | undefined;
}

export interface Front {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Closes the port and all connections. */
  stop(): Promise<void>;
}

/** Calls at once; more wait their turn. The emulator starts a Node process for each, and 200 of those take it 37 s on two cores. */
const UPSTREAM_CONNECTIONS = 8;
/** The paths of the image store; they are the same there. */
const IMAGE_STORE = '/dicomweb';
/** Milliseconds in which nothing may come of the image store: as long as its load balancer in AWS waits. */
const IMAGE_STORE_PATIENCE = 600_000;

/**
 * Opens the front. Redirects and `Location` headers pass untouched, and the router sees the `Host` that the client asked for.
 *
 * @throws Error with a sentence for the user when the port is taken.
 */
export async function startFront(options: FrontOptions): Promise<Front> {
  const { port, endpoint, websocket } = options;
  const front = Fastify({ forceCloseConnections: true });
  front.removeAllContentTypeParsers(); // the proxies' own pass any body on as it is
  front.setErrorHandler<FastifyError>((error, _, reply) => refused(reply, error));
  await front.register(toRouter(options));
  await front.register(toImageStore(options));
  const endWebSockets = websocket && passWebSockets(front.server, endpoint, websocket);
  try {
    const url = await front.listen({ host: '127.0.0.1', port });
    return {
      url,
      stop: async () => {
        endWebSockets?.(); // what was upgraded is no connection of the server any more
        await front.close();
      },
    };
  } catch (error) {
    await front.close();
    throw inUse(error, port);
  }
}

function toRouter({ port, endpoint, apiId }: FrontOptions): FastifyPluginAsync {
  return async (front) => {
    front.addHook('onRequest', async (request, reply) => {
      // Bodies pass as streams, which Fastify does not count.
      if (Number(request.headers['content-length'] ?? 0) > LIMITS.lambda.payloadBytes) return tooLarge(reply);
    });
    await front.register(httpProxy, {
      upstream: endpoint,
      rewritePrefix: `/_aws/execute-api/${apiId}/$default`,
      internalRewriteLocationHeader: false,
      disableRequestLogging: true,
      undici: { connections: UPSTREAM_CONNECTIONS },
      replyOptions: replyOptions(port, 'The local cloud'),
    });
  };
}

/** Bodies stream both ways, of any size; where the image store listens is asked for every request, as it may be another after a restart. */
function toImageStore({ port, imageStore }: FrontOptions): FastifyPluginAsync {
  return async (front) => {
    front.addHook('onRequest', async (_, reply) => {
      if (imageStore() === undefined) return unavailable(reply, 'The image store');
    });
    await front.register(httpProxy, {
      prefix: IMAGE_STORE,
      rewritePrefix: IMAGE_STORE,
      upstream: '',
      internalRewriteLocationHeader: false,
      disableRequestLogging: true,
      undici: { headersTimeout: IMAGE_STORE_PATIENCE, bodyTimeout: IMAGE_STORE_PATIENCE },
      replyOptions: {
        ...replyOptions(port, 'The image store'),
        getUpstream: () => `http://127.0.0.1:${imageStore()}`,
        retryDelay: () => null, // what the image store answers goes to the client, 503 too
      },
    });
  };
}

function replyOptions(port: number, what: string): FastifyHttpProxyOptions['replyOptions'] & object {
  return {
    rewriteRequestHeaders: (request, { expect: _, ...headers }) => ({
      ...headers, // the front has told the client to go on itself
      host: request.headers.host ?? `127.0.0.1:${port}`,
    }),
    onError: (reply) => void unavailable(reply as unknown as FastifyReply, what),
  };
}

/** Before anything is started for it: whether the port can be had. @throws Error with the same sentence as `startFront`. */
export async function checkPort(port: number): Promise<void> {
  const probe = createServer();
  try {
    await once(probe.listen(port, '127.0.0.1'), 'listening');
  } catch (error) {
    throw inUse(error, port);
  } finally {
    probe.close();
  }
}

function inUse(error: unknown, port: number): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return error;
  return new Error(`Port ${port} is in use: stop the program that uses it, or set MIP_PORT to another port.`);
}

function unavailable(reply: FastifyReply, what: string): FastifyReply {
  void reply.header('retry-after', '1');
  return problem(reply, 503, 'Service Unavailable', `${what} is starting or has stopped. Try again in a moment.`);
}

/** What a proxy does not pass on, such as a path that climbs out of its prefix. */
function refused(reply: FastifyReply, { statusCode = 500, message }: FastifyError): FastifyReply {
  return problem(
    reply,
    statusCode,
    STATUS_CODES[statusCode] ?? 'Error',
    statusCode < 500 ? message : 'The front could not pass the request on.',
  );
}

function tooLarge(reply: FastifyReply): FastifyReply {
  const detail = `The API takes at most ${LIMITS.lambda.payloadBytes} bytes; images go to the image store.`;
  return problem(reply, 413, 'Content Too Large', detail);
}

function problem(reply: FastifyReply, status: number, title: string, detail: string): FastifyReply {
  const body = JSON.stringify({ type: 'about:blank', title, status, detail });
  return reply.code(status).type('application/problem+json').send(body);
}
