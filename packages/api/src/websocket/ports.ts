/** What the WebSocket needs from outside. `aws.ts` fills it in AWS, `testing/websocket-memory.ts` in tests. */
import type { ClientTable, ConnectionTable, EventLog } from '@mip/registry';

export interface WebSocketPorts {
  readonly clients: Pick<ClientTable, 'findByHash'>;
  readonly connections: Pick<
    ConnectionTable,
    'takeTicket' | 'open' | 'allowUntil' | 'find' | 'get' | 'of' | 'close' | 'hold' | 'pause' | 'goLive' | 'leave'
  >;
  readonly events: Pick<EventLog, 'append' | 'positionOf' | 'from'>;
  readonly sockets: Sockets;
  readonly now: () => Date;
}

/** The open sockets, wherever they are held. */
export interface Sockets {
  /** Sends a text to a connection. @returns false where that is gone. */
  post(connectionId: string, text: string): Promise<boolean>;
  /** Ends a connection; one that is gone is left so. */
  disconnect(connectionId: string): Promise<void>;
}
