/** Whatever order calls come in: every event reaches a connection that asked for it, once. */
import { type Client, isOver } from '@mip/registry';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { madeEvent } from '../testing/job-events.ts';
import { WebSocketMemory } from '../testing/websocket-memory.ts';
import { connect, receive } from './handlers.ts';
import { pusher } from './push.ts';

const START = '2024-01-31T10:00:00.000Z';

/** Events that are there before, and those that are pushed while two connections ask since then; each call of a port is put in some order. */
async function run(scheduler: fc.Scheduler, counts: { before: number; during: number; asks: number }) {
  const memory = new WebSocketMemory();
  const push = pusher(memory);
  const events = Array.from({ length: counts.before + counts.during }, (_, index) => madeEvent(String(index)));
  for (const event of events.slice(0, counts.before)) await push(event);
  const connections = ['c1', 'c2'];
  for (const connection_id of connections) await memory.connections.open({ client_id: 'clinic-a', connection_id }, memory.time);
  memory.turn = (call) => scheduler.schedule(Promise.resolve(), call);
  const asking = connections.map(async (id) => {
    for (let asks = 0; asks < counts.asks; asks++) {
      const frame = { action: 'since', at: START };
      await receive(memory, id, { text: JSON.stringify(frame), binary: false });
    }
  });
  const all = Promise.all([...asking, ...events.slice(counts.before).map((event) => push(event))]);
  await scheduler.waitFor(all);
  return { ids: events.map(({ event_id }) => event_id), heard: connections.map((id) => memory.heard(id)) };
}

const counts = { before: fc.nat(4), during: fc.nat(6) };

it('since and live together show every event exactly once, in any order of their calls', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.record({ ...counts, asks: fc.constant(1) }), async (scheduler, given) => {
      const { ids, heard } = await run(scheduler, given);
      for (const one of heard) expect([...one].sort()).toEqual([...ids, 'live'].sort());
    }),
    { numRuns: 300 },
  );
});

it('who asks again while events come still hears of every event', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.record({ ...counts, asks: fc.constant(2) }), async (scheduler, given) => {
      const { ids, heard } = await run(scheduler, given);
      for (const one of heard) expect([...new Set(one)].sort()).toEqual([...ids, 'live'].sort());
    }),
    { numRuns: 200 },
  );
});

it('a key that is revoked while its client connects leaves no connection that is allowed, in any order of their calls', async () => {
  const key_hash = 'a'.repeat(64);
  const key: Client = { key_hash, client_id: 'clinic-a', created_at: START };
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const memory = new WebSocketMemory();
      memory.keys.set(key_hash, key);
      const { ticket } = await memory.connections.issueTicket(key, memory.time);
      memory.turn = (call) => scheduler.schedule(Promise.resolve(), call);
      /** As `ClientAdmin` does: the key first, its connections then. */
      const revoke = async () => {
        await memory.turn('revoke');
        memory.keys.set(key_hash, { ...key, revoked_at: START });
        for (const connection of await memory.connections.of('clinic-a', memory.time))
          await memory.connections.allowUntil(connection, new Date(0).toISOString());
      };
      await scheduler.waitFor(Promise.all([connect(memory, 'c1', ticket), revoke()]));
      expect(memory.ofClient('clinic-a').filter((connection) => !isOver(connection, memory.time))).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
