/** The ports in memory: tables with the same conditions as DynamoDB's, a queue that swallows repeats as SQS does. */
import {
  type Client,
  deduplicationId,
  hashClientKey,
  isOpen,
  isTold,
  type JobEvent,
  type JobIdentity,
  type JobMessage,
  type JobPlace,
  type JobRecord,
  type RegistryEntry,
  stateAfter,
} from '@mip/registry';
import { type AdminKeys, cachedAdminKeys } from '../admin-keys.ts';
import type { Images } from '../look/images.ts';
import type { Look } from '../look/look.ts';
import type { AdminPorts, AllPorts, Limits, Ports } from '../ports.ts';
import { MemoryCatalog, memoryRuns, REGISTRIES } from './memory-catalog.ts';
import { PAGES } from './pages.ts';
import { WebSocketMemory } from './websocket-memory.ts';

/** The ports, and what a test can look at and reach into. What goes in and out is copied, as over a wire. */
export class Memory implements AllPorts {
  readonly rows = new Map<string, RegistryEntry>();
  /** What arrived on each queue, by its URL. */
  readonly queues = new Map<string, JobMessage[]>();
  /** What was told, in order. */
  readonly told: JobEvent[] = [];
  /** Every call of a port, as `jobs.accept`, in order. */
  readonly calls: string[] = [];
  /** Makes calls fail with the error that is returned for them, before they have any effect. */
  fail: (call: string) => Error | undefined = () => undefined;
  /** Where `now` stands. */
  time = new Date('2024-01-31T10:00:00.000Z');
  readonly #records = new Map<string, JobRecord>();
  readonly #clients = new Map<string, Client>();
  readonly #sent = new Set<string>();
  readonly #taken = new Map<string, number>();

  readonly #defaultPacs: string;

  constructor(defaultPacs = 'built-in') {
    this.#defaultPacs = defaultPacs;
  }

  readonly now = () => this.time;

  readonly clients: Ports['clients'] = {
    find: async (key) => {
      this.#called('clients.find');
      return this.#clients.get(hashClientKey(key));
    },
  };

  limits: Limits = { perMinute: 0, openJobs: 0 };

  readonly rates: Ports['rates'] = {
    take: async (clientId, most, now) => {
      this.#called('rates.take');
      const key = `${clientId} ${Math.floor(now.getTime() / 60_000)}`;
      const taken = (this.#taken.get(key) ?? 0) + 1;
      if (taken > most) return undefined;
      this.#taken.set(key, taken);
      return most - taken;
    },
  };

  /** The keys of the administrator. */
  admins: readonly string[] = [];
  readonly adminKeys: AdminKeys = cachedAdminKeys(
    async () => {
      this.#called('adminKeys.read');
      return this.admins;
    },
    () => this.time,
  );
  readonly pages = PAGES;

  readonly catalog = new MemoryCatalog();
  readonly registries: AdminPorts['registries'] = REGISTRIES;
  /** Records of runs, by their ids. */
  readonly records = new Map<string, string>();
  readonly runs: AdminPorts['runs'] = memoryRuns(this.records);

  readonly registry: (Ports & AdminPorts)['registry'] = {
    page: async ({ limit, status, type, after = '' }) => {
      this.#called('registry.page');
      const fits = (row: RegistryEntry) => (!status || row.status === status) && (!type || row.algorithm_type === type);
      const rows = [...this.rows.values()].sort((a, b) => (a.algorithm_name < b.algorithm_name ? -1 : 1));
      const left = rows.filter((row) => row.algorithm_name > after && fits(row));
      const next = left.length > limit ? left[limit - 1]?.algorithm_name : undefined;
      return { rows: structuredClone(left.slice(0, limit)), ...(next && { next }) };
    },
    get: async (name) => {
      this.#called('registry.get');
      return structuredClone(this.rows.get(name));
    },
  };

  readonly openJobs: Ports['openJobs'] = {
    count: async (clientId, most) => {
      this.#called('openJobs.count');
      const open = [...this.#records.values()].filter((one) => one.client_id === clientId && isOpen(one.state));
      return Math.min(open.length, most);
    },
  };

  readonly jobs: Ports['jobs'] = {
    accept: async (record) => {
      this.#called('jobs.accept');
      const existing = this.record(record);
      if (existing) return { created: false, record: existing };
      this.#records.set(keyOf(record), structuredClone(record));
      return { created: true, record };
    },
    markQueued: async (identity, now) => {
      this.#called('jobs.markQueued');
      const at = now.toISOString();
      const record = this.record(identity) ?? raise('no such job');
      const state = stateAfter(record.state, 'sent');
      if (state) this.change(identity, { state, open_state: 'queued', queued_at: at, updated_at: at });
      return this.record(identity) ?? record;
    },
    get: async (identity) => {
      this.#called('jobs.get');
      return this.record(identity);
    },
    page: async (client_id, { limit, algorithm, state, since, after }) => {
      this.#called('jobs.page');
      const place = ({ accepted_at, job_id }: JobPlace) => `${accepted_at} ${job_id}`;
      const left = [...this.#records.values()]
        .filter((job) => job.client_id === client_id && (!since || job.accepted_at >= since.toISOString()))
        .filter((job) => (!algorithm || job.algorithm === algorithm) && (!state || job.state === state))
        .filter((job) => !after || place(job) < place(after))
        .sort((a, b) => (place(a) > place(b) ? -1 : 1));
      const last = left.length > limit ? left[limit - 1] : undefined;
      const next = last && { accepted_at: last.accepted_at, job_id: last.job_id };
      return { records: structuredClone(left.slice(0, limit)), ...(next && { next }) };
    },
    cancel: async (identity, now) => {
      this.#called('jobs.cancel');
      const { open_state: _, progress: __, ...record } = this.record(identity) ?? raise('no such job');
      const state = stateAfter(record.state, 'cancelled');
      const at = now.toISOString();
      const mark = isTold(identity) ? ({ open_state: 'untold' } as const) : {};
      if (state) this.#records.set(keyOf(identity), { ...record, ...mark, state, finished_at: at, updated_at: at });
      return this.record(identity) ?? record;
    },
  };

  /** What every PACS says of any image: an instance that no rule refuses, unless a test says otherwise. */
  answer: (...asked: Parameters<Images['look']>) => Look | Promise<Look> = () => ({ kind: 'found', instance: {}, instances: 1 });

  get images(): Ports['images'] {
    return {
      names: ['built-in', 'hospital'],
      defaultName: this.#defaultPacs,
      lookMs: 300,
      look: async (...asked) => {
        this.#called('images.look');
        return this.answer(...asked);
      },
    };
  }

  readonly requests: Ports['requests'] = {
    send: async (queueUrl, message) => {
      this.#called('requests.send');
      const repeat = `${queueUrl} ${deduplicationId(message, message.delivery)}`;
      if (this.#sent.has(repeat)) return;
      this.#sent.add(repeat);
      this.queues.set(queueUrl, [...(this.queues.get(queueUrl) ?? []), structuredClone(message)]);
    },
  };

  readonly events: Ports['events'] = {
    send: async (event) => {
      this.#called('events.send');
      const repeat = `events ${event.event_id}`;
      if (this.#sent.has(repeat)) return;
      this.#sent.add(repeat);
      this.told.push(structuredClone(event));
    },
  };

  /** Where callbacks may go beside public addresses. */
  readonly callbacks: Ports['callbacks'] = { allowed: ['127.0.0.1'] };

  /** Whose jobs may override rules. */
  readonly overrideRoles: readonly string[] = ['radiologist', 'physicist'];

  readonly results: Ports['results'] = {
    link: async (file, seconds) => {
      this.#called('results.link');
      return `https://results.example/${file.key}?expires=${seconds}`;
    },
  };

  readonly websocket = new WebSocketMemory();
  readonly websocketUrl = 'wss://events.example/ws';

  readonly connections: Ports['connections'] = {
    issueTicket: async (...asked) => {
      this.#called('connections.issueTicket');
      return this.websocket.connections.issueTicket(...asked);
    },
    of: async (...asked) => {
      this.#called('connections.of');
      return this.websocket.connections.of(...asked);
    },
  };

  get jobCount(): number {
    return this.#records.size;
  }

  addClient(key: string, client_id: string, more: Partial<Client> = { signs_callbacks: true }): void {
    const key_hash = hashClientKey(key);
    const client = { key_hash, client_id, created_at: this.time.toISOString(), ...more };
    this.#clients.set(key_hash, client);
    this.websocket.keys.set(key_hash, client);
  }

  removeClient(key: string): void {
    this.#clients.delete(hashClientKey(key));
    this.websocket.keys.delete(hashClientKey(key));
  }

  record(identity: JobIdentity): JobRecord | undefined {
    return structuredClone(this.#records.get(keyOf(identity)));
  }

  /** Changes a record as a worker would. */
  change(identity: JobIdentity, attributes: Partial<JobRecord>): void {
    const record = this.record(identity);
    if (record) this.#records.set(keyOf(identity), { ...record, ...attributes });
  }

  #called(name: string): void {
    this.calls.push(name);
    const error = this.fail(name);
    if (error) throw error;
  }
}

function raise(words: string): never {
  throw new Error(words);
}

function keyOf({ client_id, job_id }: JobIdentity): string {
  return `${client_id}\0${job_id}`;
}
