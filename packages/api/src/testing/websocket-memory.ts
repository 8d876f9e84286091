/** Connections, the log of events and the sockets in memory, with the same conditions as in AWS. Each call is a turn of its own, as over a wire. */
import {
  type Client,
  type Connection,
  type ConnectionIdentity,
  type ConnectionTable,
  isValid,
  type LoggedEvent,
  loggedOf,
  MOST_CONNECTIONS,
  MOST_WAITING,
  type TicketOwner,
} from '@mip/registry';
import type { WebSocketPorts } from '../websocket/ports.ts';

interface Row extends Connection {
  readonly replay?: string;
  readonly waiting: readonly string[];
}

export class WebSocketMemory implements WebSocketPorts {
  time = new Date('2024-01-31T10:00:00.000Z');
  /** What each connection was sent, in order. */
  readonly sent = new Map<string, string[]>();
  /** Connections whose other end is gone. */
  readonly gone = new Set<string>();
  /** What is awaited before a call has its effect: a test's scheduler puts calls in any order. */
  turn: (call: string) => Promise<unknown> = async () => undefined;
  readonly #rows = new Map<string, Row>();
  readonly #tickets = new Map<string, { readonly owner: TicketOwner; readonly expires: number }>();
  readonly #log = new Map<string, LoggedEvent[]>();

  readonly now = () => this.time;

  /** What is known of keys, by their hashes. */
  readonly keys = new Map<string, Client>();

  readonly clients: WebSocketPorts['clients'] = {
    findByHash: (hash) =>
      this.#called('findByHash', () => {
        const client = this.keys.get(hash);
        return client && isValid(client, this.time) ? client : undefined;
      }),
  };

  readonly connections: WebSocketPorts['connections'] & Pick<ConnectionTable, 'issueTicket'> = {
    issueTicket: async ({ client_id, key_hash, expires_at }, now) => {
      const owner = { client_id, ...(key_hash && { key_hash }), ...(expires_at && { allowed_until: expires_at }) };
      const ticket = `mipws_${String(this.#tickets.size).padStart(43, 'a')}`;
      const expires = new Date(now.getTime() + 60_000);
      this.#tickets.set(ticket, { owner, expires: expires.getTime() });
      return { ticket, expires };
    },
    takeTicket: async (ticket, now) => {
      const found = this.#tickets.get(ticket);
      if (!found || found.expires <= now.getTime()) return undefined;
      this.#tickets.delete(ticket);
      return found.owner;
    },
    open: (identity) =>
      this.#called('open', () => {
        this.#rows.set(identity.connection_id, { ...identity, phase: 'opened', replayed: [], waiting: [] });
        if (this.ofClient(identity.client_id).length <= MOST_CONNECTIONS) return true;
        this.#rows.delete(identity.connection_id);
        return false;
      }),
    allowUntil: (identity, until) =>
      this.#called('allowUntil', () => {
        this.#set(identity, (row) => ({ ...row, allowed_until: [until, row.allowed_until ?? until].sort()[0] ?? until }));
      }),
    find: async (id) => this.#rows.get(id),
    get: (identity) => this.#called('get', () => this.#rows.get(identity.connection_id)),
    of: (client) => this.#called('of', () => this.ofClient(client)),
    close: (identity) => this.#called('close', () => void this.#rows.delete(identity.connection_id)),
    hold: (identity, replay, now) =>
      this.#called('hold', () =>
        this.#set(identity, (row) => ({ ...row, phase: 'replaying', replay, held_at: now.toISOString(), waiting: [] })),
      ),
    pause: (identity, replay, replayed) => this.#called('pause', () => void this.#end(identity, 'opened', { replay, replayed })),
    goLive: (identity, replay, replayed) => this.#called('goLive', () => this.#end(identity, 'live', { replay, replayed })?.waiting),
    leave: (identity, id) =>
      this.#called('leave', () => {
        const row = this.#rows.get(identity.connection_id);
        if (row?.phase !== 'replaying' || row.waiting.length >= MOST_WAITING) return false;
        this.#rows.set(identity.connection_id, { ...row, waiting: [...new Set([...row.waiting, id])] });
        return true;
      }),
  };

  readonly events: WebSocketPorts['events'] = {
    append: async (event, now) => {
      const logged = loggedOf(`${now.toISOString()}#${event.event_id}`, JSON.stringify(event));
      await this.turn('append');
      const log = this.#log.get(event.client_id) ?? [];
      if (log.some(({ id }) => id === event.event_id)) return;
      this.#log.set(
        event.client_id,
        [...log, logged].sort((a, b) => (a.position < b.position ? -1 : 1)),
      );
    },
    positionOf: (client, id) => this.#called('positionOf', () => this.#log.get(client)?.find((one) => one.id === id)?.position),
    from: (client, position) => this.#from(client, position),
  };

  readonly sockets: WebSocketPorts['sockets'] = {
    post: (id, text) =>
      this.#called('post', () => {
        if (this.gone.has(id)) return false;
        this.sent.set(id, [...(this.sent.get(id) ?? []), text]);
        return true;
      }),
    disconnect: async (id) => void this.gone.add(id),
  };

  /** What a connection was sent, events by their ids and all else by its action. */
  heard(id: string): readonly string[] {
    return (this.sent.get(id) ?? []).map((text) => JSON.parse(text)).map(({ event_id, action }) => event_id ?? action);
  }

  ofClient(client: string): readonly Row[] {
    return [...this.#rows.values()].filter(({ client_id }) => client_id === client);
  }

  async *#from(client: string, position: string): AsyncGenerator<LoggedEvent> {
    const page = await this.#called('from', () => (this.#log.get(client) ?? []).filter((one) => one.position >= position));
    yield* page;
  }

  async #called<Result>(call: string, effect: () => Result): Promise<Result> {
    await this.turn(call);
    return effect();
  }

  #set({ connection_id }: ConnectionIdentity, change: (row: Row) => Row): Row | undefined {
    const row = this.#rows.get(connection_id);
    if (!row) return undefined;
    this.#rows.set(connection_id, change(row));
    return this.#rows.get(connection_id);
  }

  /** @returns the row as it was. */
  #end(identity: ConnectionIdentity, phase: Connection['phase'], { replay, replayed }: { replay: string; replayed: readonly string[] }) {
    const row = this.#rows.get(identity.connection_id);
    if (!row || row.replay !== replay) return undefined;
    const { replay: _, ...rest } = row;
    this.#rows.set(identity.connection_id, { ...rest, phase, replayed, waiting: [] });
    return row;
  }
}
