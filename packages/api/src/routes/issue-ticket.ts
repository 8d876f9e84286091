import { MOST_CONNECTIONS } from '@mip/registry';
import { clientOf } from '../middleware/authenticate.ts';
import { Problem } from '../middleware/problem.ts';
import type { Route } from './route.ts';
import { ref } from './route-schema.ts';

/** A browser cannot send headers with a WebSocket: what lets it in is a ticket in the address, for one connection within a minute. */
export const issueTicket: Route = {
  method: 'POST',
  url: '/ws/tickets',
  access: 'client',
  part: 'router',
  schema: {
    operationId: 'issueTicket',
    tag: 'jobs',
    summary: 'Gives a ticket for one WebSocket, on which events of your jobs come as they happen.',
    description: 'It holds for a minute, and lets in once. What is said over the WebSocket: docs/websocket.md.',
    answers: { 201: { description: 'The ticket, and where to go with it.', body: ref('WebSocketTicket') } },
    problems: { 429: 'You have as many WebSockets open as a client may have.' },
  },
  handler:
    ({ connections, websocketUrl, now }) =>
    async (request, reply) => {
      const client = clientOf(request);
      if ((await connections.of(client.client_id, now())).length >= MOST_CONNECTIONS)
        throw new Problem(429, `You have ${MOST_CONNECTIONS} WebSockets open, which is the most. Close one of them.`, {
          headers: { 'retry-after': '60' },
        });
      const { ticket, expires } = await connections.issueTicket(client, now());
      return reply.code(201).header('cache-control', 'no-store').send({ ticket, url: websocketUrl, expires_at: expires.toISOString() });
    },
};
