/** Lambda entry point of the WebSocket. */
import { createWebSocketHandler } from '@mip/api/websocket/lambda';
import { readScope } from '@mip/registry/scope';

const { MIP_CONNECTIONS_URL = '' } = process.env;

export const handler = createWebSocketHandler(readScope(process.env), { connectionsUrl: MIP_CONNECTIONS_URL });
