/**
 * The one port of the local cloud: everything that arrives goes to the router's HTTP API in the emulator, as it came.
 * In AWS the API's own address is the front.
 */

import { once } from 'node:events';
import { createServer } from 'node:net';
import httpProxy from '@fastify/http-proxy';
import { LIMITS } from '@mip/registry/limits';
import Fastify, { type FastifyReply } from 'fastify';

export interface FrontOptions {
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** The emulator's base URL. */
  readonly endpoint: string;
  /** The router's HTTP API, `api_id` of the platform's facts. */
  readonly apiId: string;
}

export interface Front {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Closes the port and all connections. */
  stop(): Promise<void>;
}

/** Calls at once; more wait their turn. The emulator starts a Node process for each, and 200 of those take it 37 s on two cores. */
const UPSTREAM_CONNECTIONS = 8;

/**
 * Opens the front. Redirects and `Location` headers pass untouched, and the router sees the `Host` that the client asked for.
 *
 * @throws Error with a sentence for the user when the port is taken.
 */
export async function startFront({ port, endpoint, apiId }: FrontOptions): Promise<Front> {
  const front = Fastify({ forceCloseConnections: true });
  front.removeAllContentTypeParsers(); // the proxy's own pass any body on as it is
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
    replyOptions: {
      rewriteRequestHeaders: (request, headers) => ({ ...headers, host: request.headers.host ?? `127.0.0.1:${port}` }),
      onError: (reply) => void unavailable(reply as unknown as FastifyReply),
    },
  });
  try {
    return { url: await front.listen({ host: '127.0.0.1', port }), stop: () => front.close() };
  } catch (error) {
    await front.close();
    throw inUse(error, port);
  }
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

function unavailable(reply: FastifyReply): FastifyReply {
  void reply.header('retry-after', '1');
  return problem(reply, 503, 'Service Unavailable', 'The local cloud is starting or has stopped. Try again in a moment.');
}

function tooLarge(reply: FastifyReply): FastifyReply {
  const detail = `The API takes at most ${LIMITS.lambda.payloadBytes} bytes; images go to the image store.`;
  return problem(reply, 413, 'Content Too Large', detail);
}

function problem(reply: FastifyReply, status: number, title: string, detail: string): FastifyReply {
  const body = JSON.stringify({ type: 'about:blank', title, status, detail });
  return reply.code(status).type('application/problem+json').send(body);
}
