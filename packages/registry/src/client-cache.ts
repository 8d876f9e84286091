import { type Client, type ClientTable, hashClientKey } from './clients.ts';

/** A revoked key is refused at the latest after this time. */
const KEPT_MS = 10_000;
const MOST = 1000;

/** Remembers valid keys for 10 seconds, by hash, so that a client that polls is read once. Invalid keys are never remembered. */
export function cachedClients(clients: Pick<ClientTable, 'find'>, now: () => Date): Pick<ClientTable, 'find'> {
  const known = new Map<string, { readonly client: Client; readonly until: number }>();
  return {
    async find(key) {
      const hash = hashClientKey(key);
      const kept = known.get(hash);
      if (kept && kept.until > now().getTime()) return kept.client;
      known.delete(hash);
      const client = await clients.find(key);
      if (!client) return undefined;
      if (known.size >= MOST) known.clear();
      known.set(hash, { client, until: now().getTime() + KEPT_MS });
      return client;
    },
  };
}
