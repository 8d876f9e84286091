/**
 * The one port of the local cloud: everything that arrives goes to the router's HTTP API in the emulator, as it came.
 * In AWS the API's own address is the front.
 */

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

/**
 * Opens the front. Redirects and `Location` headers pass untouched, and the router sees the `Host` that the client asked for.
 *
 * @throws Error with a sentence for the user when the port is taken.
 */
export async function startFront({ port, endpoint, apiId }: FrontOptions): Promise<Front> {
  const front = Fastify({
    bodyLimit: LIMITS.lambda.payloadBytes,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: false },
  });
  await front.register(httpProxy, {
    upstream: endpoint,
    rewritePrefix: `/_aws/execute-api/${apiId}/$default`,
    disableRequestLogging: true,
    replyOptions: {
      rewriteRequestHeaders: (request, headers) => ({ ...headers, host: request.headers.host ?? `127.0.0.1:${port}` }),
      onError: (reply) => unavailable(reply as unknown as FastifyReply),
    },
  });
  try {
    return { url: await front.listen({ host: '127.0.0.1', port }), stop: () => front.close() };
  } catch (error) {
    await front.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${port} is in use: stop the program that uses it, or set MIP_PORT to another port.`);
  }
}

function unavailable(reply: FastifyReply): void {
  const problem = {
    type: 'about:blank',
    title: 'Service Unavailable',
    status: 503,
    detail: 'The local cloud is starting or has stopped. Try again in a moment.',
  };
  void reply.code(503).header('content-type', 'application/problem+json').header('retry-after', '1').send(JSON.stringify(problem));
}
