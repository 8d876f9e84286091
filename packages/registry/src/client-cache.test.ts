import { beforeEach, describe, expect, it } from 'vitest';
import { cachedClients } from './client-cache.ts';
import type { Client } from './clients.ts';

const KEY = `mip_${'a'.repeat(43)}`;
const START = new Date('2024-01-31T10:00:00.000Z').getTime();

/** The table, in memory. */
class Memory {
  time = new Date(START);
  readonly calls: string[] = [];
  readonly #clients = new Map<string, Client>();
  readonly now = () => this.time;
  readonly clients = {
    find: async (key: string) => {
      this.calls.push(key);
      return this.#clients.get(key);
    },
  };

  addClient(key: string, clientId: string): void {
    this.#clients.set(key, { client_id: clientId, created_at: this.time.toISOString() });
  }

  removeClient(key: string): void {
    this.#clients.delete(key);
  }
}

let memory = new Memory();
let clients = cachedClients(memory.clients, memory.now);
beforeEach(() => {
  memory = new Memory();
  clients = cachedClients(memory.clients, memory.now);
});

const at = (seconds: number) => {
  memory.time = new Date(START + seconds * 1000);
};

describe('keys that are remembered', () => {
  it('are read once in 10 seconds', async () => {
    memory.addClient(KEY, 'clinic-a');
    for (const seconds of [0, 1, 9.9]) {
      at(seconds);
      expect(await clients.find(KEY)).toMatchObject({ client_id: 'clinic-a' });
    }
    expect(memory.calls).toHaveLength(1);
  });

  it('are refused 10 seconds after they were revoked', async () => {
    memory.addClient(KEY, 'clinic-a');
    await clients.find(KEY);
    memory.removeClient(KEY);
    at(10);
    expect(await clients.find(KEY)).toBeUndefined();
  });

  it('are only valid ones: a key works as soon as it is made', async () => {
    expect(await clients.find(KEY)).toBeUndefined();
    memory.addClient(KEY, 'clinic-a');
    expect(await clients.find(KEY)).toBeDefined();
  });

  it('are not mixed up when there are many', async () => {
    const keys = Array.from({ length: 2500 }, (_, index) => `mip_${String(index).padStart(43, '0')}`);
    for (const key of keys) memory.addClient(key, key);
    for (const key of [...keys, ...keys]) expect((await clients.find(key))?.client_id).toBe(key);
  });
});
