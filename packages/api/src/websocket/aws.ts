/** The ports on AWS. Clients are made once per process; credentials are the SDK's own business. */
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { ClientTable, ConnectionTable, EventLog, type NameScope, physicalNames } from '@mip/registry';
import type { Sockets, WebSocketPorts } from './ports.ts';
import { type Push, pusher } from './push.ts';

/** Two tries of 1.5 s: what is written to the log has to be there soon after the time that it carries. */
const PATIENCE = { maxAttempts: 2, requestHandler: { connectionTimeout: 1000, requestTimeout: 1500, throwOnRequestTimeout: true } };

export interface WebSocketOptions {
  /** Where the API's connections are managed: the stage's callback URL. */
  readonly connectionsUrl: string;
  /** Where AWS is not found by the SDK's own means, as in a test. */
  readonly connection?: Pick<DynamoDBClientConfig, 'endpoint' | 'credentials'>;
}

export function webSocketPorts(scope: NameScope, { connectionsUrl, connection = {} }: WebSocketOptions): WebSocketPorts {
  const names = physicalNames(scope);
  const config = { ...connection, region: scope.region, ...PATIENCE };
  const dynamodb = new DynamoDBClient(config);
  return {
    clients: new ClientTable(dynamodb, names.table('clients')),
    connections: new ConnectionTable(dynamodb, names.table('connections')),
    events: new EventLog(dynamodb, names.table('connections')),
    sockets: apiGatewaySockets(new ApiGatewayManagementApiClient({ ...config, endpoint: connectionsUrl })),
    now: () => new Date(),
  };
}

/** What the notifier calls. */
export function awsPush(scope: NameScope, options: WebSocketOptions): Push {
  return pusher(webSocketPorts(scope, options));
}

function apiGatewaySockets(client: ApiGatewayManagementApiClient): Sockets {
  return {
    post: (ConnectionId, text) => unlessGone(client.send(new PostToConnectionCommand({ ConnectionId, Data: Buffer.from(text) }))),
    disconnect: async (ConnectionId) => void (await unlessGone(client.send(new DeleteConnectionCommand({ ConnectionId })))),
  };
}

async function unlessGone(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof GoneException) return false;
    throw error;
  }
}
