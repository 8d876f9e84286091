/**
 * Sends a connection what its client missed, in the order of the log, and makes it live without a gap and without a repeat.
 *
 * The connection is held first, so that nobody pushes to it: whoever has an event for it leaves that to this replay. Then the log is read until
 * nothing new comes of it. One write makes the connection live and says what was left: that has not been sent yet is sent last. Whoever comes
 * later pushes, but for what the row says that the replay has sent.
 */
import { randomUUID } from 'node:crypto';
import { type Connection, type ConnectionIdentity, LOG_SLACK_MS, positionAt, timeOf } from '@mip/registry';
import { liveFrame, moreFrame } from './frames.ts';
import type { WebSocketPorts } from './ports.ts';

type ReplayPorts = Pick<WebSocketPorts, 'connections' | 'events' | 'sockets' | 'now'>;

export interface From {
  /** Where to begin in the log. */
  readonly position: string;
  /** Events from there on that the client has already. */
  readonly seen: readonly string[];
}

/** So many are sent in one go: a call has 29 seconds. */
export const MOST_REPLAYED = 500;
/** Readings of the log before it is live whatever still comes. */
const MOST_PASSES = 5;

/** Ends quietly where the connection is closed meanwhile, or another replay of it begins. */
export async function replay(ports: ReplayPorts, identity: ConnectionIdentity, from: From): Promise<void> {
  const name = randomUUID();
  const held = await ports.connections.hold(identity, name, ports.now());
  if (held) await new Replay(ports, held, { ...from, name }).run();
}

class Replay {
  readonly #ports: ReplayPorts;
  readonly #connection: Connection;
  readonly #name: string;
  readonly #start: string;
  /** What the client has. */
  readonly #has: Set<string>;
  /** Where the events stand that were met on the way. */
  readonly #met = new Map<string, string>();
  #newest: string;
  #last = '';
  #sent = 0;

  constructor(ports: ReplayPorts, connection: Connection, { position, seen, name }: From & { readonly name: string }) {
    this.#ports = ports;
    this.#connection = connection;
    this.#name = name;
    this.#start = position;
    this.#newest = position;
    this.#has = new Set([...seen, ...connection.replayed]);
  }

  async run(): Promise<void> {
    const { connections, sockets, now } = this.#ports;
    for (let pass = 0; pass < MOST_PASSES; pass++) {
      const before = this.#sent;
      const how = await this.#read(this.#backFrom(this.#newest), () => true);
      if (how === 'gone') return connections.close(this.#connection);
      if (how === 'more') {
        await connections.pause(this.#connection, this.#name, this.#recent());
        await sockets.post(this.#connection.connection_id, moreFrame(this.#last));
        return;
      }
      if (this.#sent === before) break;
    }
    const live = liveFrame(now());
    const left = await connections.goLive(this.#connection, this.#name, this.#recent());
    if (left === undefined) return;
    if (!(await this.#sendLeft(left)) || !(await sockets.post(this.#connection.connection_id, live)))
      await connections.close(this.#connection);
  }

  /** From a position on, all that is wanted and that the client has not. */
  async #read(position: string, wanted: (id: string) => boolean, most = MOST_REPLAYED): Promise<'all' | 'more' | 'gone'> {
    const { events, sockets } = this.#ports;
    for await (const { position: at, id, text } of events.from(this.#connection.client_id, position)) {
      if (this.#has.has(id) || !wanted(id)) {
        this.#pass(id, at);
        continue;
      }
      if (this.#sent >= most) return 'more';
      if (!(await sockets.post(this.#connection.connection_id, text))) return 'gone';
      this.#has.add(id);
      this.#pass(id, at);
      this.#last = id;
      this.#sent++;
    }
    return 'all';
  }

  #pass(id: string, at: string): void {
    this.#met.set(id, at);
    if (at > this.#newest) this.#newest = at;
  }

  /** What pushes left here; usually nothing is left of it. */
  async #sendLeft(ids: readonly string[]): Promise<boolean> {
    const missing = new Set(ids.filter((id) => !this.#has.has(id)));
    if (missing.size === 0) return true;
    const positions = await Promise.all([...missing].map((id) => this.#ports.events.positionOf(this.#connection.client_id, id)));
    const first = positions.filter((position) => position !== undefined).sort()[0];
    return first === undefined || (await this.#read(first, (id) => missing.has(id), Number.POSITIVE_INFINITY)) === 'all';
  }

  /** Where to read on so that nothing is passed over which was written with a delay. */
  #backFrom(position: string): string {
    const back = positionAt(new Date(timeOf(position).getTime() - LOG_SLACK_MS));
    return back > this.#start ? back : this.#start;
  }

  #recent(): readonly string[] {
    const from = this.#backFrom(this.#newest);
    return [...this.#met].filter(([, at]) => at >= from).map(([id]) => id);
  }
}
