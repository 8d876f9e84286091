/**
 * The WebSocket of the local cloud: `/ws` of the front, passed on to the emulator's WebSocket API as API Gateway would take it. What API Gateway
 * ends and the emulator does not is ended here: binary and large frames, connections that are two hours old or have been silent for ten minutes.
 */

import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { LIMITS } from '@mip/registry/limits';
import { WebSocket, WebSocketServer } from 'ws';

export interface WebSocketTarget {
  /** The WebSocket API, `websocket_api_id` and `websocket_stage` of the platform's facts. */
  readonly apiId: string;
  readonly stage: string;
}

/** The path; in AWS it is the stage's. */
export const WEBSOCKET_PATH = '/ws';
/** Codes of RFC 6455. */
const GOING_AWAY = 1001;
const UNSUPPORTED_DATA = 1003;
const INTERNAL_ERROR = 1011;

/**
 * Takes upgrades of a server, before it listens.
 *
 * @param endpoint the emulator's base URL.
 * @returns a function that ends all connections.
 */
export function passWebSockets(server: Server, endpoint: string, { apiId, stage }: WebSocketTarget): () => void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LIMITS.websocket.frameBytes });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const { pathname, search } = new URL(request.url ?? '', 'http://front');
    if (pathname !== WEBSOCKET_PATH) return refuse(socket, 404);
    const upstream = new WebSocket(`${endpoint.replace(/^http/, 'ws')}/_aws/execute-api/${apiId}/${stage}${search}`);
    connect(upstream, { request, socket, head, sockets });
  });
  return () => {
    for (const client of sockets.clients) client.terminate();
  };
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly sockets: WebSocketServer;
}

/** The client is let in when the emulator has let this side in; else it gets the same refusal. */
function connect(upstream: WebSocket, { request, socket, head, sockets }: Upgrade): void {
  const gone = () => upstream.terminate();
  socket.once('close', gone);
  upstream.once('unexpected-response', (_, { statusCode = 502 }) => refuse(socket, statusCode));
  upstream.on('error', () => refuse(socket, 502));
  upstream.once('open', () => {
    socket.off('close', gone);
    upstream.removeAllListeners('error').on('error', () => undefined); // `close` follows
    sockets.handleUpgrade(request, socket, head, (client) => join(client, upstream));
  });
}

function join(client: WebSocket, upstream: WebSocket): void {
  const { connectionSeconds, idleSeconds } = LIMITS.websocket;
  const end = () => client.close(GOING_AWAY, 'Going away');
  const oldest = setTimeout(end, connectionSeconds * 1000);
  const idle = setTimeout(end, idleSeconds * 1000);
  client.on('message', (data, isBinary) => {
    idle.refresh();
    if (isBinary) client.close(UNSUPPORTED_DATA);
    else upstream.send(String(data));
  });
  upstream.on('message', (data) => {
    idle.refresh();
    client.send(String(data));
  });
  client.on('error', () => undefined); // ws closes it itself, with the code that says why
  client.once('close', () => {
    clearTimeout(oldest);
    clearTimeout(idle);
    upstream.close();
  });
  upstream.once('close', (code) => client.close(code === 1000 || code === GOING_AWAY ? code : INTERNAL_ERROR));
}

function refuse(socket: Duplex, status: number): void {
  if (socket.destroyed) return;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
