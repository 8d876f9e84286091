import { MOST_CONNECTIONS, WEBSOCKET_TICKET } from '@mip/registry';
import { beforeEach, describe, expect, it } from 'vitest';
import { KEY, OTHER_KEY, post, type Setup, setUp } from '../testing/requests.ts';
import { connect } from '../websocket/handlers.ts';

let { app, memory, lines }: Setup = setUp();
beforeEach(() => {
  ({ app, memory, lines } = setUp());
});

const ask = (key = KEY) => app.inject({ method: 'POST', url: '/ws/tickets', headers: { 'x-api-key': key } });

describe('POST /ws/tickets', () => {
  it('gives a ticket, where to go with it and until when', async () => {
    memory.time = new Date('2024-01-31T10:00:00.500Z');
    const answer = await ask();
    expect([answer.statusCode, answer.headers['cache-control']]).toEqual([201, 'no-store']);
    expect(answer.json()).toEqual({
      ticket: expect.stringMatching(WEBSOCKET_TICKET),
      url: 'wss://events.example/ws',
      expires_at: '2024-01-31T10:01:00.500Z',
    });
  });

  it('lets in the client whose key it was asked with', async () => {
    const { ticket } = (await ask(OTHER_KEY)).json();
    expect(await connect(memory.websocket, 'c1', ticket)).toEqual({ status: 200, client_id: 'clinic-b' });
  });

  it('lets nobody in whose key is not valid any more', async () => {
    const { ticket } = (await ask()).json();
    memory.removeClient(KEY);
    expect(await connect(memory.websocket, 'c1', ticket)).toEqual({ status: 401, client_id: 'clinic-a' });
    expect(memory.websocket.ofClient('clinic-a')).toEqual([]);
  });

  it('is 429 for who has as many connections as a client may have, and for nobody else', async () => {
    for (let index = 0; index < MOST_CONNECTIONS; index++)
      await memory.websocket.connections.open({ client_id: 'clinic-a', connection_id: `c${index}` }, memory.time);
    const answer = await ask();
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([429, '60']);
    expect(answer.json().detail).toMatch(/20 WebSockets/);
    expect((await ask(OTHER_KEY)).statusCode).toBe(201);
  });

  it('leaves no ticket in the log', async () => {
    const { ticket } = (await ask()).json();
    await post(app, '{', { url: `/ws/tickets?ticket=${ticket}` });
    expect(lines.join('')).toContain('/ws/tickets');
    expect(lines.join('')).not.toContain('mipws_');
  });
});
