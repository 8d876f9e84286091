/** The Lambda behind the WebSocket API. One line of log for each event, without tickets, frames or ids of jobs. */
import type { NameScope } from '@mip/registry';
import { errorSummary } from '@mip/registry/failures';
import type { DestinationStream } from 'pino';
import { createLogger } from '../middleware/log.ts';
import { isUnavailable } from '../middleware/unavailable.ts';
import { type WebSocketOptions, webSocketPorts } from './aws.ts';
import { connect, disconnect, type Outcome, receive } from './handlers.ts';
import type { WebSocketPorts } from './ports.ts';

/** The part of an event of a WebSocket API that is looked at here. */
export interface WebSocketEvent {
  /** A frame can choose its route, `$connect` too, but not the type of its event. */
  readonly requestContext: { readonly eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT'; readonly connectionId: string };
  readonly queryStringParameters?: Readonly<Record<string, string>> | null;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

export type WebSocketHandler = (event: WebSocketEvent) => Promise<{ statusCode: number }>;

export function createWebSocketHandler(scope: NameScope, options: WebSocketOptions): WebSocketHandler {
  return webSocketHandler(webSocketPorts(scope, options));
}

/** Whatever goes wrong becomes a status: API Gateway refuses a connection with it, and tells the client of a frame that it failed. */
export function webSocketHandler(ports: WebSocketPorts, log?: DestinationStream): WebSocketHandler {
  const logger = createLogger('info', log);
  return async (event) => {
    const { eventType } = event.requestContext;
    try {
      const { status, ...more } = await handle(ports, event);
      logger.info({ event: eventType, status, ...more }, 'websocket');
      return { statusCode: status };
    } catch (error) {
      const status = isUnavailable(error) ? 503 : 500;
      logger[status === 503 ? 'warn' : 'error']({ event: eventType, status, error: errorSummary(error) }, 'websocket');
      return { statusCode: status };
    }
  };
}

function handle(ports: WebSocketPorts, event: WebSocketEvent): Promise<Outcome> {
  const { eventType, connectionId } = event.requestContext;
  if (eventType === 'CONNECT') return connect(ports, connectionId, event.queryStringParameters?.ticket);
  if (eventType === 'DISCONNECT') return disconnect(ports, connectionId);
  return receive(ports, connectionId, { text: event.body ?? '', binary: event.isBase64Encoded === true });
}
