import { type Client, type ClientTable, hashClientKey } from './clients.ts';
import { ShortMemory } from './short-memory.ts';

/** A revoked key is refused at the latest after this time. */
const KEPT_MS = 10_000;

/** Remembers valid keys for 10 seconds, by hash, so that a client that polls is read once. Invalid keys are never remembered. */
export function cachedClients(clients: Pick<ClientTable, 'find'>, now: () => Date): Pick<ClientTable, 'find'> {
  const memory = new ShortMemory<Client | undefined>({ keptMs: KEPT_MS, now });
  return { find: (key) => memory.get(hashClientKey(key), () => clients.find(key)) };
}
